#include "rtp/reception.hpp"

#include <algorithm>
#include <cstdlib>

#include "rtp/ntp.hpp"

namespace bigfoot::rtp {
namespace {

// A step of more is another clock, not jitter: one such packet would spoil the mean for hundreds.
constexpr std::int64_t transit_step_max = std::int64_t{90'000} * 5;

std::uint32_t ticks_of(Timestamp at) {
  return static_cast<std::uint32_t>(at.time_since_epoch().count() / 100'000 * 9 +
                                    at.time_since_epoch().count() % 100'000 * 9 / 100'000);
}

}  // namespace

void Reception::on_packet(const Header& header, Timestamp arrival) {
  // A number far behind the newest is late: only newer ones move the reference.
  const std::int64_t number = received_ == 0 ? unwrapper_.unwrap(header.sequence) : unwrapper_.peek(header.sequence);
  if (received_ == 0) {
    ssrc_ = header.ssrc;
    first_ = highest_ = number;
  } else if (number > highest_) {
    highest_ = unwrapper_.unwrap(header.sequence);
  }
  ++received_;

  const std::uint32_t transit = ticks_of(arrival) - header.timestamp;
  if (transit_) {
    const auto step = static_cast<std::int32_t>(transit - *transit_);
    const std::int64_t size = std::abs(static_cast<std::int64_t>(step));
    if (size <= transit_step_max) jitter_ += static_cast<std::uint64_t>(size) - ((jitter_ + 8) >> 4);
  }
  transit_ = transit;
}

void Reception::on_sender_report(const SenderReport& report, Timestamp arrival) {
  if (received_ != 0 && report.ssrc != ssrc_) return;
  last_sr_ = compact_ntp(report.ntp);
  last_sr_arrival_ = arrival;
}

ReportBlock Reception::report(Timestamp now) {
  const std::int64_t expected = received_ == 0 ? 0 : highest_ - first_ + 1;
  const std::int64_t expected_now = expected - expected_before_;
  const std::int64_t lost_now = expected_now - (received_ - received_before_);
  expected_before_ = expected;
  received_before_ = received_;

  const bool lossy = expected_now > 0 && lost_now > 0;
  loss_ratio_ = lossy ? static_cast<double>(lost_now) / static_cast<double>(expected_now) : 0;

  ReportBlock block;
  block.ssrc = ssrc_;
  if (lossy)
    block.fraction_lost = static_cast<std::uint8_t>(std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
  block.cumulative_lost =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(expected - received_, -0x800000, 0x7fffff));
  block.highest_sequence = static_cast<std::uint32_t>(highest_);
  block.jitter = static_cast<std::uint32_t>(jitter_ >> 4);
  if (last_sr_ != 0) {
    block.last_sr = last_sr_;
    // 1/65536 s; 18 hours of silence fill the field, nobody measures anything by that.
    const Nanos since = std::clamp<Nanos>(now - last_sr_arrival_, Nanos{0}, std::chrono::hours(18));
    block.delay_since_sr = static_cast<std::uint32_t>(since.count() / 1000 * 65536 / 1'000'000);
  }
  return block;
}

Nanos Reception::jitter() const { return Nanos(static_cast<std::int64_t>(jitter_ >> 4) * 100'000 / 9); }

}  // namespace bigfoot::rtp
