#pragma once
// The machine-readable stamp at the top of every `test:` picture: which frame, when it was drawn, by which camera.
// It measures glass-to-glass delay anywhere a picture can be looked at. docs/stamp.md has the geometry; the browser's
// decoder is web/js/stamp.js. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/units.hpp"

namespace bigfoot::media {

/// Microseconds of UTC, so that a browser on the same machine can compare with its own clock.
using StampTime = std::chrono::time_point<std::chrono::system_clock, Micros>;

struct Stamp {
  std::uint32_t frame = 0;
  StampTime drawn{};
  std::uint8_t camera = 0;  ///< stamp_camera_hash of its name
  bool operator==(const Stamp&) const = default;
};

/// Eight bits that tell the cameras of one robot apart.
std::uint8_t stamp_camera_hash(std::string_view name);

/// How many rows from the top the stamp takes in a picture of this width: 48 at 1280.
constexpr int stamp_rows(int width) { return (3 * width + 79) / 80; }
/// Narrower pictures carry no stamp: a block would be under five pixels.
constexpr int stamp_width_min = 320;

/// Draws the stamp into the luma plane; chroma under it must be neutral. False when the picture is too small:
/// untouched.
bool draw_stamp(const Stamp& stamp, std::uint8_t* luma, int stride, Size size);

/// The luma plane of a picture, or its first rows: `height` rows of `stride` bytes.
struct LumaView {
  BytesView bytes;
  int width = 0;
  int height = 0;
  int stride = 0;
};

/// Reads the stamp; nothing when there is none, it is damaged, or the view is smaller than it says. Any width from 128.
std::optional<Stamp> read_stamp(const LumaView& picture);

}  // namespace bigfoot::media
