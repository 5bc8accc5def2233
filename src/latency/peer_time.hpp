#pragma once
// Times by another machine's clock: a type of their own, so that they never meet ours without an offset between them.

#include <chrono>

#include "base/clock.hpp"
#include "rtp/ntp.hpp"

namespace bigfoot::latency {

/// The clock that a sender writes into abs-capture-time, into its sender reports and into the channel `clock`. A
/// robot's is CLOCK_MONOTONIC plus one offset that is fixed at its start (rtp::WallOffset): near UTC, and never steps.
struct PeerClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<PeerClock, duration>;
  static constexpr bool is_steady = true;
};
/// Since 1970.
using PeerTime = PeerClock::time_point;

constexpr PeerTime to_peer_time(WallTime time) { return PeerTime(time.time_since_epoch()); }
/// Whatever the peer wrote, it lies between 1968 and 2104.
constexpr PeerTime from_peer_ntp(std::uint64_t ntp) { return to_peer_time(rtp::from_ntp(ntp)); }

}  // namespace bigfoot::latency
