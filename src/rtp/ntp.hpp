#pragma once
// NTP time as RTCP and abs-capture-time carry it: seconds since 1900 in UQ32.32 (RFC 3550 4, RFC 5905 6).

#include <cstdint>

#include "base/clock.hpp"

namespace bigfoot::rtp {

inline constexpr std::uint64_t ntp_unix_seconds = 2'208'988'800;  ///< 1900 → 1970

/// Wraps in 2036 as every NTP field does.
constexpr std::uint64_t to_ntp(WallTime at) {
  const std::int64_t nanos = at.time_since_epoch().count();
  const std::uint64_t seconds = static_cast<std::uint64_t>(nanos / 1'000'000'000);
  const std::uint64_t rest = static_cast<std::uint64_t>(nanos % 1'000'000'000);
  return (seconds + ntp_unix_seconds) << 32 | (rest << 32) / 1'000'000'000;
}
/// Rounds to the nearest nanosecond, so that from_ntp(to_ntp(t)) == t. Era 0 (1968 to 2036) for values with the top
/// bit, else era 1.
constexpr WallTime from_ntp(std::uint64_t ntp) {
  const std::uint64_t era = ntp >> 63 ? 0 : 1ULL << 32;
  const std::int64_t seconds =
      static_cast<std::int64_t>((ntp >> 32) + era) - static_cast<std::int64_t>(ntp_unix_seconds);
  const std::uint64_t fraction = ((ntp & 0xffffffff) * 1'000'000'000 + (1ULL << 31)) >> 32;
  return WallTime(Nanos(seconds * 1'000'000'000 + static_cast<std::int64_t>(fraction)));
}
/// The middle 32 bits: LSR and DLSR, in 1/65536 s.
constexpr std::uint32_t compact_ntp(std::uint64_t ntp) { return static_cast<std::uint32_t>(ntp >> 16); }
constexpr Nanos compact_to_nanos(std::uint32_t compact) {
  return Nanos(static_cast<std::int64_t>(compact) * 1'000'000'000 / 65536);
}

/// Capture time is a monotonic clock plus one offset that is fixed at the start: a step of the wall clock never moves
/// it.
class WallOffset {
 public:
  WallOffset() = default;
  WallOffset(Timestamp now, WallTime wall) : offset_(wall.time_since_epoch() - now.time_since_epoch()) {}
  WallTime at(Timestamp time) const { return WallTime(time.time_since_epoch() + offset_); }
  std::uint64_t ntp(Timestamp time) const { return to_ntp(at(time)); }

 private:
  Nanos offset_{0};
};

}  // namespace bigfoot::rtp
