#pragma once
// The messages of the data channel `clock` (docs/clock.md): who wants to know a clock asks, the other side answers with
// the times at which the question came and the answer left. Binary with fixed places: the send time is written last,
// right before the message leaves, and both languages read the times as exact integers.

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "latency/peer_time.hpp"

namespace bigfoot::latency {

/// The channel's label. It is unordered and repeats nothing: an answer that comes late says little.
inline constexpr std::string_view clock_channel = "clock";

struct ClockPing {
  std::uint32_t id = 0;
  bool operator==(const ClockPing&) const = default;
};

/// Times in whole microseconds, from 1970 to before `clock_message_time_end`.
struct ClockPong {
  std::uint32_t id = 0;  ///< of the question
  PeerTime received;
  PeerTime sent;
  bool operator==(const ClockPong&) const = default;
};

/// 2^52 microseconds: until the year 2112. Differences of any two such times, and of a time and an NTP time, fit Nanos,
/// and a page counts them exactly.
inline constexpr PeerTime clock_message_time_end{Micros(std::int64_t{1} << 52)};

using ClockMessage = std::variant<ClockPing, ClockPong>;

Bytes write_clock_message(const ClockPing& ping);
/// Times are cut to microseconds and held within what can be written.
Bytes write_clock_message(const ClockPong& pong);
/// Nothing for a kind that is not known, for what is too short, and for times that no clock has. What stands behind the
/// known fields is of a later version, and is left alone.
[[nodiscard]] std::optional<ClockMessage> read_clock_message(BytesView bytes);

}  // namespace bigfoot::latency
