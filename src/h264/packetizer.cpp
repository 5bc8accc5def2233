#include "h264/packetizer.hpp"

#include <algorithm>

#include "h264/nal.hpp"
#include "h264/sps.hpp"

namespace bigfoot::h264 {
namespace {

// An encoder uses one SPS and one or two PPS; more than this is a broken stream, and memory must end somewhere.
constexpr std::size_t sps_max = 4;
constexpr std::size_t pps_max = 16;
constexpr std::size_t parameter_set_bytes_max = 4096;

constexpr std::size_t fu_header_bytes = 2;
constexpr std::uint8_t fu_start = 0x80;
constexpr std::uint8_t fu_end = 0x40;

std::size_t fragment_bytes(std::size_t body, std::size_t payload_max) {
  const std::size_t room = payload_max - fu_header_bytes;
  const std::size_t fragments = (body + room - 1) / room;
  return (body + fragments - 1) / fragments;
}

std::size_t payloads_for(BytesView nal, std::size_t payload_max) {
  if (nal.size() <= payload_max) return 1;
  const std::size_t step = fragment_bytes(nal.size() - 1, payload_max);
  return (nal.size() - 1 + step - 1) / step;
}

/// Single NAL unit (RFC 6184 5.6) or FU-A (5.8).
void append_nal(BytesView nal, std::size_t payload_max, std::vector<Payload>& out) {
  if (nal.size() <= payload_max) {
    out.push_back(Payload{.body = nal});
    return;
  }
  const std::uint8_t indicator = static_cast<std::uint8_t>((nal[0] & 0xe0) | static_cast<int>(NalType::fu_a));
  const std::uint8_t type = nal[0] & 0x1f;
  const BytesView body = nal.subspan(1);
  const std::size_t step = fragment_bytes(body.size(), payload_max);
  for (std::size_t at = 0; at < body.size(); at += step) {
    const std::size_t size = std::min(step, body.size() - at);
    const std::uint8_t first = at == 0 ? fu_start : std::uint8_t{0};
    const std::uint8_t last = at + size == body.size() ? fu_end : std::uint8_t{0};
    out.push_back(Payload{.body = body.subspan(at, size),
                          .header = {indicator, static_cast<std::uint8_t>(first | last | type)},
                          .header_size = fu_header_bytes});
  }
}

/// STAP-A (5.7.1): its header has the highest nal_ref_idc of what it holds.
void append_stap_a(const std::vector<BytesView>& nals, Bytes& out) {
  std::uint8_t importance = 0;
  for (const BytesView nal : nals) importance = std::max<std::uint8_t>(importance, nal[0] & 0x60);
  out.push_back(static_cast<std::uint8_t>(importance | static_cast<int>(NalType::stap_a)));
  for (const BytesView nal : nals) {
    out.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(nal.size()));
    out.insert(out.end(), nal.begin(), nal.end());
  }
}

std::size_t stap_a_bytes(const std::vector<BytesView>& nals) {
  std::size_t bytes = 1;
  for (const BytesView nal : nals) bytes += 2 + nal.size();
  return bytes;
}

/// Parameter sets of the frame as one aggregate, or one by one where they do not fit. The bytes are copied: they are
/// few, and what is remembered from an earlier access unit must not hold on to it.
void append_parameter_sets(const std::vector<BytesView>& sets, std::size_t payload_max, PacketizedFrame& frame) {
  if (sets.empty()) return;
  const std::size_t aggregate = stap_a_bytes(sets);
  if (aggregate <= payload_max && sets.size() > 1) {
    frame.parameter_sets.reserve(aggregate);
    append_stap_a(sets, frame.parameter_sets);
    frame.payloads.push_back(Payload{.body = frame.parameter_sets});
    return;
  }
  frame.parameter_sets.reserve(aggregate);
  for (const BytesView set : sets) frame.parameter_sets.insert(frame.parameter_sets.end(), set.begin(), set.end());
  std::size_t at = 0;
  for (const BytesView set : sets) {
    append_nal(BytesView(frame.parameter_sets).subspan(at, set.size()), payload_max, frame.payloads);
    at += set.size();
  }
}

/// What is neither picture nor of use to a decoder that gets packets.
bool is_dropped(NalType type) {
  return type == NalType::delimiter || type == NalType::filler || static_cast<int>(type) == 0 ||
         type >= NalType::stap_a;
}

}  // namespace

Packetizer::Packetizer(std::size_t payload_max) : payload_max_(std::max<std::size_t>(payload_max, 64)) {}

BytesView Packetizer::sps() const { return sps_.empty() ? BytesView() : BytesView(sps_.back().nal); }

void Packetizer::remember(std::vector<ParameterSet>& sets, BytesView nal, std::size_t sets_max) {
  const auto id = parameter_set_id(nal);
  if (!id || nal.size() > parameter_set_bytes_max) return;
  const auto same = std::find_if(sets.begin(), sets.end(), [&](const ParameterSet& set) { return set.id == *id; });
  if (same != sets.end()) {
    same->nal.assign(nal.begin(), nal.end());
    std::rotate(same, same + 1, sets.end());  // the newest stands last
    return;
  }
  if (sets.size() == sets_max) sets.erase(sets.begin());
  sets.push_back({*id, Bytes(nal.begin(), nal.end())});
}

Packetizer::Contents Packetizer::sort(BytesView bytes) {
  Contents has;
  headers_.clear();
  pictures_.clear();
  NalReader reader(bytes);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) {
    has.any = true;
    const NalType type = nal_type(nal[0]);
    if (is_dropped(type)) continue;
    if (type == NalType::sps || type == NalType::pps) {
      const bool sps = type == NalType::sps;
      remember(sps ? sps_ : pps_, nal, sps ? sps_max : pps_max);
      headers_.push_back(nal);
      (sps ? has.sps : has.pps) = true;
      continue;
    }
    has.slice = has.slice || is_slice(type);
    has.idr = has.idr || type == NalType::idr;
    pictures_.push_back(nal);
  }
  return has;
}

void Packetizer::complete_headers(const Contents& has) {
  std::vector<BytesView> all;
  if (!has.sps)
    for (const ParameterSet& set : sps_) all.emplace_back(set.nal);
  all.insert(all.end(), headers_.begin(), headers_.end());
  if (!has.pps)
    for (const ParameterSet& set : pps_) all.emplace_back(set.nal);
  headers_ = std::move(all);
}

Result<FramePtr> Packetizer::packetize(AccessUnit unit) {
  const auto refuse = [&unit](const char* why, const char* fix) {
    return fail(
        "access unit " + std::to_string(unit.number) + " of " + std::to_string(unit.bytes.size()) + " bytes " + why,
        fix);
  };
  if (unit.bytes.size() > access_unit_bytes_max) return refuse("is larger than 8 MiB", "lower the encoder's bit rate");
  const Contents has = sort(unit.bytes);
  if (!has.any) return refuse("has no start code", "let the encoder give stream-format=byte-stream, alignment=au");
  if (!has.slice) return FramePtr();
  if (has.idr && (sps_.empty() || pps_.empty()))
    return refuse("is a key frame before any SPS and PPS", "let the encoder put SPS and PPS into the stream");
  if (has.idr && !(has.sps && has.pps)) complete_headers(has);

  auto frame = std::make_shared<PacketizedFrame>();
  frame->keyframe = has.idr;
  frame->unit = std::move(unit);
  std::size_t count = headers_.size();
  for (const BytesView nal : pictures_) count += payloads_for(nal, payload_max_);
  frame->payloads.reserve(count);
  append_parameter_sets(headers_, payload_max_, *frame);
  for (const BytesView nal : pictures_) append_nal(nal, payload_max_, frame->payloads);
  frame->payloads.back().marker = true;
  for (const Payload& payload : frame->payloads) frame->bytes += payload.size();
  return frame;
}

}  // namespace bigfoot::h264
