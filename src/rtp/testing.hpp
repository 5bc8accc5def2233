#pragma once
// Test support: the values of the header extensions, read as a receiver reads them.

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

}  // namespace bigfoot::rtp
