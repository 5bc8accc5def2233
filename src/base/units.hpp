#pragma once
// Quantities carry their unit in their type: no `int bitrate`, no `int timeout`.

#include <cmath>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace bigfoot {

/// Bits per second.
struct Bitrate {
  std::int64_t bps = 0;
  constexpr auto operator<=>(const Bitrate&) const = default;
  constexpr double bytes_in(Nanos span) const {
    return static_cast<double>(bps) / 8e9 * static_cast<double>(span.count());
  }
};
constexpr Bitrate operator*(Bitrate rate, double factor) {
  return {static_cast<std::int64_t>(static_cast<double>(rate.bps) * factor)};
}

/// What a bit rate begins with, and the bounds of what it may become while video runs.
struct BitrateRange {
  Bitrate start{2'500'000};
  Bitrate min{50'000}, max{50'000'000};
  constexpr bool operator==(const BitrateRange&) const = default;
};

/// Frames per second as a fraction, the way cameras and GStreamer state it.
struct FrameRate {
  int numerator = 30;
  int denominator = 1;
  constexpr bool operator==(const FrameRate&) const = default;
  constexpr double fps() const { return static_cast<double>(numerator) / denominator; }
  constexpr Nanos interval() const { return Nanos(1'000'000'000LL * denominator / numerator); }
  /// `30`, `30000/1001`: what parse_frame_rate reads.
  std::string text() const {
    return numerator % denominator == 0 ? std::to_string(numerator / denominator) : fraction();
  }
  /// `30/1`, `30000/1001`: as GStreamer's caps have it, where a whole number is another type.
  std::string fraction() const { return std::to_string(numerator) + "/" + std::to_string(denominator); }
};

/// Picture size in pixels.
struct Size {
  int width = 0;
  int height = 0;
  constexpr bool operator==(const Size&) const = default;
  std::string text() const { return std::to_string(width) + "x" + std::to_string(height); }
};

/// Reads `2.5M`, `800k` or `800000`. Errors: empty, not a number, unknown suffix, negative or above 10 G.
[[nodiscard]] Result<Bitrate> parse_bitrate(std::string_view text);
/// Reads `1280x720`. Errors: not two numbers, odd (4:2:0 needs even sides), below 16 or above 8192.
[[nodiscard]] Result<Size> parse_size(std::string_view text);
/// Reads `30`, `29.97` or `30000/1001`. Errors: not a number, below 1 or above 240.
[[nodiscard]] Result<FrameRate> parse_frame_rate(std::string_view text);
/// `2.5M`, `800k`, `950`: what parse_bitrate reads.
std::string to_string(Bitrate rate);

}  // namespace bigfoot
