#include "h264/depacketizer.hpp"

#include "h264/nal.hpp"

namespace bigfoot::h264 {

Result<> Depacketizer::push(std::uint16_t sequence, std::uint32_t timestamp, bool marker, BytesView payload) {
  const bool gap = last_sequence_ && sequence != static_cast<std::uint16_t>(*last_sequence_ + 1);
  last_sequence_ = sequence;
  if (open_ && timestamp != unit_.timestamp) {
    // The marker was in a lost packet (or the sender sets none): without a gap nothing is missing.
    if (gap) unit_.damaged = true;
    finish();
  }
  if (!open_) {
    open_ = true;
    unit_.timestamp = timestamp;
    unit_.lost_before = gap;
  } else if (gap) {
    unit_.damaged = true;
    drop_fragment();
  }
  unit_.last_sequence = sequence;
  Result<> appended = append(payload);
  if (!appended) unit_.damaged = true;
  if (marker) finish();
  return appended;
}

std::optional<ReceivedUnit> Depacketizer::take() {
  if (ready_.empty()) return std::nullopt;
  ReceivedUnit unit = std::move(ready_.front());
  ready_.pop_front();
  return unit;
}

void Depacketizer::reset() { *this = Depacketizer(); }

void Depacketizer::drop_fragment() {
  if (!fragment_start_) return;
  unit_.bytes.resize(*fragment_start_);
  unit_.damaged = true;
  fragment_start_.reset();
}

void Depacketizer::finish() {
  drop_fragment();
  constexpr std::size_t ready_max = 64;  // a caller that never takes must not fill the memory
  if (!unit_.bytes.empty() || unit_.damaged) ready_.push_back(std::move(unit_));
  if (ready_.size() > ready_max) ready_.pop_front();
  unit_ = ReceivedUnit();
  open_ = false;
}

void Depacketizer::start_nal(std::uint8_t header) {
  static constexpr std::uint8_t start_code[] = {0, 0, 0, 1};
  unit_.bytes.insert(unit_.bytes.end(), std::begin(start_code), std::end(start_code));
  unit_.bytes.push_back(header);
  unit_.keyframe = unit_.keyframe || nal_type(header) == NalType::idr;
}

Result<> Depacketizer::append(BytesView payload) {
  if (payload.empty()) return fail("H.264 payload is empty");
  if (unit_.bytes.size() + payload.size() > access_unit_bytes_max) {
    drop_fragment();
    return fail("H.264 access unit grows above 8 MiB");
  }
  const NalType type = nal_type(payload[0]);
  if (type == NalType::fu_a) return append_fu_a(payload);
  drop_fragment();
  if (type == NalType::stap_a) return append_stap_a(payload);
  return append_nal(payload);
}

Result<> Depacketizer::append_nal(BytesView nal) {
  const int type = nal[0] & 0x1f;
  if (type == 0 || type >= static_cast<int>(NalType::stap_a))
    return fail("H.264 payload type " + std::to_string(type) + " is not part of packetization-mode 1");
  start_nal(nal[0]);
  unit_.bytes.insert(unit_.bytes.end(), nal.begin() + 1, nal.end());
  return {};
}

Result<> Depacketizer::append_stap_a(BytesView payload) {
  ByteReader reader(payload.subspan(1));
  if (reader.left() == 0) return fail("H.264 STAP-A holds nothing");
  while (reader.left() > 0) {
    const BytesView nal = reader.view(reader.be16());
    if (!reader.ok() || nal.empty()) return fail("H.264 STAP-A: a size passes the end or is zero");
    if (auto appended = append_nal(nal); !appended) return appended;
  }
  return {};
}

Result<> Depacketizer::append_fu_a(BytesView payload) {
  if (payload.size() < 3) {
    drop_fragment();
    return fail("H.264 FU-A is shorter than three bytes");
  }
  const bool start = (payload[1] & 0x80) != 0;
  const bool end = (payload[1] & 0x40) != 0;
  const std::uint8_t type = payload[1] & 0x1f;
  if ((start && end) || type == 0 || type >= static_cast<std::uint8_t>(NalType::stap_a)) {
    drop_fragment();
    return fail("H.264 FU-A header is not legal");
  }
  if (start) {
    drop_fragment();
    fragment_start_ = unit_.bytes.size();
    fragment_type_ = type;
    start_nal(static_cast<std::uint8_t>((payload[0] & 0xe0) | type));
  } else if (!fragment_start_ || fragment_type_ != type) {
    drop_fragment();
    return fail("H.264 FU-A without its start");
  }
  unit_.bytes.insert(unit_.bytes.end(), payload.begin() + 2, payload.end());
  if (end) fragment_start_.reset();
  return {};
}

}  // namespace bigfoot::h264
