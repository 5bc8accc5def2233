#pragma once
// The header extensions Bigfoot speaks: what they are called in SDP and how their values look.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace bigfoot::rtp {

inline constexpr std::string_view transport_cc_uri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view playout_delay_uri = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
inline constexpr std::string_view abs_capture_time_uri =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
inline constexpr std::string_view mid_uri = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// Negotiated ids of one m-line (RFC 8285); 0: not negotiated. Always 1 to 14, so one-byte headers do.
struct ExtensionIds {
  std::uint8_t transport_cc = 0;
  std::uint8_t playout_delay = 0;
  std::uint8_t abs_capture_time = 0;
  std::uint8_t mid = 0;
  bool operator==(const ExtensionIds&) const = default;
};

/// How long the receiver may hold a picture; 0/0 asks it to render at once. Resolution 10 ms, at most 40.95 s.
struct PlayoutDelay {
  Millis min{0};
  Millis max{0};
  bool operator==(const PlayoutDelay&) const = default;
};
/// 3 bytes: 12 bits each. Values are rounded up to 10 ms and capped.
void write_playout_delay(PlayoutDelay delay, std::uint8_t* out);

/// When the frame was captured, in the capturer's NTP time, and where known by how much that clock is ahead of the
/// sender's: capture clock = sender's clock + offset (webrtc.org/experiments/rtp-hdrext/abs-capture-time).
struct AbsCaptureTime {
  std::uint64_t capture_ntp = 0;             ///< UQ32.32
  std::optional<std::int64_t> clock_offset;  ///< Q32.32, signed
  bool operator==(const AbsCaptureTime&) const = default;
};
/// Writes 8 bytes, or 16 with an offset; returns which.
std::size_t write_abs_capture_time(const AbsCaptureTime& time, std::uint8_t* out);
/// Nothing when it has neither size.
std::optional<AbsCaptureTime> parse_abs_capture_time(BytesView value);

/// The transport-wide number; nothing when it has not 2 bytes.
std::optional<std::uint16_t> parse_transport_cc(BytesView value);

}  // namespace bigfoot::rtp
