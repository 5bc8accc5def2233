#include "base/units.hpp"

#include <charconv>
#include <cstdio>

namespace bigfoot {
namespace {

template <class Number>
bool read_whole(std::string_view text, Number& out) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  return !text.empty() && error == std::errc() && stopped == end;
}

}  // namespace

Result<Bitrate> parse_bitrate(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  double factor = 1;
  std::string_view digits = text;
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
      case 'K': factor = 1e3; break;
      case 'M':
      case 'm': factor = 1e6; break;
      case 'G':
      case 'g': factor = 1e9; break;
      default: break;
    }
    if (factor > 1) digits.remove_suffix(1);
  }
  double value = 0;
  if (!read_whole(digits, value) || !std::isfinite(value))
    return fail(quoted + " is not a bit rate", "write it like 2.5M, 800k or 800000");
  value *= factor;
  if (value < 1 || value > 10e9) return fail(quoted + " is outside 1 bit/s to 10G", "write it like 2.5M or 800k");
  return Bitrate{std::llround(value)};
}

Result<Size> parse_size(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  const auto cross = text.find('x');
  Size size;
  if (cross == std::string_view::npos || !read_whole(text.substr(0, cross), size.width) ||
      !read_whole(text.substr(cross + 1), size.height))
    return fail(quoted + " is not a picture size", "write it like 1280x720");
  if (size.width % 2 != 0 || size.height % 2 != 0)
    return fail(quoted + " has an odd side", "4:2:0 video needs even sides, like 1280x720");
  if (size.width < 16 || size.height < 16 || size.width > 8192 || size.height > 8192)
    return fail(quoted + " is outside 16x16 to 8192x8192", "write it like 1280x720");
  return size;
}

Result<FrameRate> parse_frame_rate(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  FrameRate rate;
  const auto slash = text.find('/');
  double value = 0;
  if (slash != std::string_view::npos) {
    if (!read_whole(text.substr(0, slash), rate.numerator) || !read_whole(text.substr(slash + 1), rate.denominator) ||
        rate.denominator < 1)
      return fail(quoted + " is not a frame rate", "write it like 30 or 30000/1001");
  } else {
    if (!read_whole(text, value) || !std::isfinite(value) || value < 0 || value > 1e6)
      return fail(quoted + " is not a frame rate", "write it like 30 or 29.97");
    const double whole = std::round(value);
    if (std::abs(value - whole) < 1e-9)
      rate = {static_cast<int>(whole), 1};
    else if (std::abs(value - whole * 1000 / 1001) < 0.005)
      rate = {static_cast<int>(whole) * 1000, 1001};
    else
      rate = {static_cast<int>(std::lround(value * 1000)), 1000};
  }
  if (rate.fps() < 1 || rate.fps() > 240)
    return fail(quoted + " is outside 1 to 240 frames a second", "write it like 30");
  return rate;
}

std::string to_string(Bitrate rate) {
  char text[32];
  if (rate.bps >= 1'000'000)
    std::snprintf(text, sizeof text, "%.6gM", static_cast<double>(rate.bps) / 1e6);
  else if (rate.bps >= 1'000)
    std::snprintf(text, sizeof text, "%.6gk", static_cast<double>(rate.bps) / 1e3);
  else
    std::snprintf(text, sizeof text, "%lld", static_cast<long long>(rate.bps));
  return text;
}

}  // namespace bigfoot
