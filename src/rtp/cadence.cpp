#include "rtp/cadence.hpp"

#include <algorithm>
#include <chrono>

namespace bigfoot::rtp {
namespace {

// A sender that paces lets a burst out every 5 ms; half as much again is silence. Below 3 ms schedulers alone make
// pauses, and above 20 ms the next picture tells sooner.
constexpr Nanos inside_min = 3ms;
constexpr Nanos inside_max = 20ms;
// Pictures of a steady camera begin within a millisecond or two of their time, after an encoder that takes 5 to 10 ms.
constexpr Nanos between_min = 4ms;
constexpr Nanos between_max = 25ms;
constexpr Nanos interval_max = 1s;

Nanos ticks(std::uint32_t count) { return Nanos(std::int64_t{count} * 100'000 / 9); }

}  // namespace

void Cadence::begin_picture(std::uint32_t timestamp, bool in_order, Timestamp arrival) {
  marks_ends_ = ended_ || !in_order;
  const Nanos step = ticks(timestamp - timestamp_);
  if (step <= Nanos{0} || step > interval_max) {
    interval_.reset();
    begun_ = arrival;
    return;
  }
  const Timestamp expected = begun_ + step;
  if (in_order) {
    interval_ = step;
    unsteadiness_ += (std::chrono::abs(arrival - expected) - unsteadiness_) / 8;
    begun_ = arrival;
  } else {
    // Its first packets are missing, or it was repeated: it began no later than it should have.
    begun_ = std::min(arrival, expected);
  }
}

void Cadence::on_newest(std::uint32_t timestamp, bool ends, bool in_order, Timestamp arrival) {
  if (!started_) {
    started_ = true;
    begun_ = arrival;
  } else if (timestamp != timestamp_) {
    begin_picture(timestamp, in_order, arrival);
    pause_ -= pause_ / 32;
  } else if (in_order && !ended_) {
    pause_ = std::max(pause_, arrival - arrival_);
  }
  timestamp_ = timestamp;
  ended_ = ends;
  arrival_ = arrival;
}

std::optional<Cadence::Overdue> Cadence::overdue() const {
  if (!started_ || !interval_ || !marks_ends_) return std::nullopt;
  const Timestamp inside = arrival_ + std::clamp(pause_ * 3 / 2, inside_min, inside_max);
  if (!ended_) return Overdue{inside, true};
  return Overdue{std::max(begun_ + *interval_ + std::clamp(3 * unsteadiness_, between_min, between_max), inside),
                 false};
}

}  // namespace bigfoot::rtp
