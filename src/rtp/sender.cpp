#include "rtp/sender.hpp"

#include <algorithm>

namespace bigfoot::rtp {
namespace {

// Where make_template puts the transport-wide number: the first element, behind header, block head and element head.
constexpr std::size_t transport_cc_at(bool two_byte) { return header_bytes + 4 + (two_byte ? 2 : 1); }

bool needs_two_byte(const TrackConfig& config) {
  const ExtensionIds& ids = config.extensions;
  return ids.transport_cc > 14 || ids.playout_delay > 14 || ids.abs_capture_time > 14 || ids.mid > 14 ||
         (ids.mid != 0 && config.mid.size() > 16);
}

constexpr Nanos capture_time_interval = 1s;
constexpr std::size_t mid_bytes_max = 32;
constexpr std::size_t repeat_overhead = header_bytes + 24;  // extensions and OSN, near enough for a budget

}  // namespace

TrackSender::TrackSender(TrackConfig config, WallOffset wall)
    : config_(std::move(config)),
      wall_(wall),
      history_(config_.history),
      sequence_(config_.first_sequence),
      rtx_sequence_(config_.first_rtx_sequence) {
  // Only with a mid that is there and fits the template.
  if (config_.mid.empty() || config_.mid.size() > mid_bytes_max) config_.extensions.mid = 0;
  two_byte_ = needs_two_byte(config_);
}

// 90 kHz of the monotonic clock: floor keeps it exact over years (nanoseconds × 9 / 10^5 fits 64 bits for 32 years).
std::uint32_t TrackSender::timestamp_of(Timestamp captured) const {
  const std::int64_t ticks = captured.time_since_epoch().count() * 9 / 100'000;
  return static_cast<std::uint32_t>(ticks) + config_.timestamp_offset;
}

std::size_t TrackSender::make_template(std::uint8_t payload_type, std::uint32_t ssrc, std::uint32_t timestamp,
                                       bool with_mid, bool with_delay, const AbsCaptureTime* capture,
                                       std::uint8_t* out) {
  ExtensionWriter writer({out + header_bytes, template_bytes - header_bytes}, two_byte_);
  const ExtensionIds& ids = config_.extensions;
  if (ids.transport_cc != 0) writer.add(ids.transport_cc, 2);
  if (with_delay) {
    if (std::uint8_t* at = writer.add(ids.playout_delay, 3)) write_playout_delay(*config_.playout_delay, at);
  }
  if (capture != nullptr) {
    if (std::uint8_t* at = writer.add(ids.abs_capture_time, 8)) write_abs_capture_time(*capture, at);
  }
  if (with_mid) {
    const auto* text = reinterpret_cast<const std::uint8_t*>(config_.mid.data());
    writer.add(ids.mid, BytesView(text, config_.mid.size()));
  }
  const std::size_t extensions = writer.finish();
  write_header({.payload_type = payload_type, .timestamp = timestamp, .ssrc = ssrc}, extensions != 0, out);
  return header_bytes + extensions;
}

void TrackSender::begin_frame(const h264::FramePtr& frame, Timestamp now) {
  current_ = frame;
  ++stats_.frames;
  const ExtensionIds& ids = config_.extensions;
  const bool with_mid = ids.mid != 0 && !mid_known_;
  const bool with_delay = ids.playout_delay != 0 && config_.playout_delay && !delay_known_;
  const bool with_capture = ids.abs_capture_time != 0 && (frame->keyframe || !capture_time_sent_ ||
                                                          now - *capture_time_sent_ >= capture_time_interval);
  if (with_mid && !mid_first_sequence_) mid_first_sequence_ = sequence_;
  if (with_delay && !delay_first_sequence_) delay_first_sequence_ = sequence_;
  if (with_capture) capture_time_sent_ = now;
  const AbsCaptureTime capture{.capture_ntp = wall_.ntp(frame->unit.captured), .clock_offset = std::nullopt};
  template_size_ = make_template(config_.payload_type, config_.ssrc, timestamp_of(frame->unit.captured), with_mid,
                                 with_delay, with_capture ? &capture : nullptr, template_.data());
}

std::size_t TrackSender::write(const h264::FramePtr& frame, std::size_t index, std::uint16_t transport_sequence,
                               Timestamp now, std::span<std::uint8_t> out) {
  if (frame != current_ || index == 0) begin_frame(frame, now);
  const h264::Payload& payload = frame->payloads[index];
  const std::size_t size = template_size_ + payload.size();
  if (size > out.size()) return 0;
  std::memcpy(out.data(), template_.data(), template_size_);
  if (payload.marker) out[1] |= 0x80;
  store_be16(out.data() + 2, sequence_);
  if (config_.extensions.transport_cc != 0) store_be16(out.data() + transport_cc_at(two_byte_), transport_sequence);
  payload.write(out.data() + template_size_);
  history_.add(sequence_, frame, index, now);
  ++sequence_;
  ++stats_.packets;
  stats_.payload_bytes += payload.size();
  return size;
}

void TrackSender::on_nack(const Nack& nack, Nanos rtt, Timestamp now, std::vector<Repeat>& out) {
  for (const std::uint16_t sequence : std::span(nack.lost).first(std::min(nack.lost.size(), nack_max))) {
    ++stats_.nacked;
    const auto found = config_.rtx_ssrc != 0 ? history_.find(sequence) : std::nullopt;
    if (!found) {
      ++stats_.nacked_gone;
      continue;
    }
    if (history_.ask(sequence, rtt, now) != History::Answer::resend) continue;
    out.push_back({sequence, repeat_overhead + (*found->frame)->payloads[found->index].size()});
  }
}

std::size_t TrackSender::write_rtx(std::uint16_t sequence, std::uint16_t transport_sequence, Timestamp now,
                                   std::span<std::uint8_t> out) {
  history_.forget_old(now);
  const auto found = history_.find(sequence);
  if (config_.rtx_ssrc == 0 || !found) return 0;
  const h264::PacketizedFrame& frame = **found->frame;
  const h264::Payload& payload = frame.payloads[found->index];
  constexpr std::size_t osn = 2;  // original sequence number (RFC 4588 4)
  std::array<std::uint8_t, template_bytes> head;
  const std::size_t head_size = make_template(config_.rtx_payload_type, config_.rtx_ssrc,
                                              timestamp_of(frame.unit.captured), false, false, nullptr, head.data());
  const std::size_t size = head_size + osn + payload.size();
  if (size > out.size()) return 0;
  std::memcpy(out.data(), head.data(), head_size);
  if (payload.marker) out[1] |= 0x80;
  store_be16(out.data() + 2, rtx_sequence_++);
  if (config_.extensions.transport_cc != 0) store_be16(out.data() + transport_cc_at(two_byte_), transport_sequence);
  store_be16(out.data() + head_size, sequence);
  payload.write(out.data() + head_size + osn);
  ++stats_.rtx_packets;
  stats_.rtx_bytes += payload.size();
  return size;
}

void TrackSender::append_report(Timestamp now, Bytes& out) const {
  // RFC 3550 6.4.1: the RTP timestamp stands for the same instant as the NTP time, and counts are of this SSRC only.
  SenderReport report{.ssrc = config_.ssrc,
                      .ntp = wall_.ntp(now),
                      .rtp_timestamp = timestamp_of(now),
                      .packets = static_cast<std::uint32_t>(stats_.packets),
                      .octets = static_cast<std::uint32_t>(stats_.payload_bytes),
                      .reports = {}};
  append_rtcp(report, out);
  append_rtcp(SourceDescription{{{config_.ssrc, config_.cname}}}, out);
}

std::optional<Nanos> TrackSender::on_report(const ReportBlock& block, Timestamp now) {
  if (block.ssrc != config_.ssrc) return std::nullopt;
  stats_.loss_ratio = block.fraction_lost / 256.0;
  stats_.lost = block.cumulative_lost;
  stats_.jitter = Nanos(static_cast<std::int64_t>(block.jitter) * 100'000 / 9);
  // The viewer has received something behind the first packet that told it: it knows.
  const auto highest = static_cast<std::uint16_t>(block.highest_sequence);
  const auto reached = [&](const std::optional<std::uint16_t>& first) { return first && !newer(*first, highest); };
  if (reached(mid_first_sequence_)) mid_known_ = true;
  if (reached(delay_first_sequence_)) delay_known_ = true;
  if (block.last_sr == 0) return std::nullopt;
  const std::uint32_t round = compact_ntp(wall_.ntp(now)) - block.last_sr - block.delay_since_sr;
  // Clocks of two machines tick a little differently: just below zero means next to nothing.
  if (round > 0xffff0000)
    stats_.rtt = Nanos{0};
  else if (round < 60u << 16)
    stats_.rtt = compact_to_nanos(round);
  else
    return std::nullopt;
  history_.keep_for(*stats_.rtt);
  return stats_.rtt;
}

}  // namespace bigfoot::rtp
