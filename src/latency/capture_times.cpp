#include "latency/capture_times.hpp"

#include <cstdlib>
#include <utility>

namespace bigfoot::latency {
namespace {

constexpr std::int64_t ticks_per_second = 90'000;

/// Q32.32, signed.
constexpr Nanos fixed_point_seconds(std::int64_t value) {
  const std::int64_t rest = value & 0xffffffff;
  return Nanos((value >> 32) * 1'000'000'000 + (rest * 1'000'000'000 >> 32));
}

}  // namespace

void CaptureTimes::on_capture_time(std::uint32_t timestamp, const rtp::AbsCaptureTime& time) {
  captured_ = {timestamp, from_peer_ntp(time.capture_ntp) - fixed_point_seconds(time.clock_offset.value_or(0))};
}

void CaptureTimes::on_report(const rtp::SenderReport& report) {
  if (report.ntp == 0) return;
  const Anchor anchor{report.rtp_timestamp, from_peer_ntp(report.ntp)};
  const auto expected = carry(std::exchange(last_report_, anchor), anchor.timestamp);
  const bool disagree = expected && std::chrono::abs(anchor.at - *expected) > disagreement_max;
  reported_ = disagree ? std::nullopt : std::optional(anchor);
}

std::optional<PeerTime> CaptureTimes::carry(const std::optional<Anchor>& anchor, std::uint32_t timestamp) {
  if (!anchor) return std::nullopt;
  // The timestamp wraps: the shorter way round.
  const std::int64_t ticks = static_cast<std::int32_t>(timestamp - anchor->timestamp);
  if (std::abs(ticks) > reach.count() * ticks_per_second) return std::nullopt;
  return anchor->at + Nanos(ticks * 100'000 / 9);
}

std::optional<PeerTime> CaptureTimes::of(std::uint32_t timestamp) const {
  const auto captured = carry(captured_, timestamp);
  return captured ? captured : carry(reported_, timestamp);
}

}  // namespace bigfoot::latency
