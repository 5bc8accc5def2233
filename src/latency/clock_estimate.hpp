#pragma once
// What is known of another machine's clock, and how well.

#include "base/clock.hpp"
#include "latency/peer_time.hpp"

namespace bigfoot::latency {

/// A delay by a clock that is known no better than this is shown with its error.
inline constexpr Nanos clock_error_weak = 20ms;

struct ClockEstimate {
  Nanos offset{0};  ///< the peer's clock − our monotonic one, now
  /// The true offset lies within ± this: of pings for certain, as long as both clocks run at a steady rate; of sender
  /// reports it is a guess.
  Nanos error{0};
  bool estimated = false;  ///< from sender reports, not from pings: shown with "≈"

  bool weak() const { return error > clock_error_weak; }
  /// What the peer's clock shows at a moment near now.
  PeerTime theirs(Timestamp ours) const { return PeerTime(ours.time_since_epoch() + offset); }
};

}  // namespace bigfoot::latency
