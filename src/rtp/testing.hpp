#pragma once
// Test support: the values of the header extensions and NTP times, read as a receiver reads them.

#include <optional>

#include "rtp/extensions.hpp"
#include "rtp/ntp.hpp"

namespace bigfoot::rtp {

inline std::optional<PlayoutDelay> parse_playout_delay(BytesView value) {
  if (value.size() != 3) return std::nullopt;
  const std::uint32_t both = load_be24(value.data());
  return PlayoutDelay{Millis((both >> 12) * 10), Millis((both & 0xfff) * 10)};
}

inline std::optional<AbsCaptureTime> parse_abs_capture_time(BytesView value) {
  if (value.size() != 8 && value.size() != 16) return std::nullopt;
  AbsCaptureTime time{.capture_ntp = load_be64(value.data()), .clock_offset = std::nullopt};
  if (value.size() == 16) time.clock_offset = static_cast<std::int64_t>(load_be64(value.data() + 8));
  return time;
}

inline std::optional<std::uint16_t> parse_transport_cc(BytesView value) {
  if (value.size() != 2) return std::nullopt;
  return load_be16(value.data());
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

}  // namespace bigfoot::rtp
