#pragma once
// How a picture is turned on its way from the camera: first a piece is cut out, then it is rotated, then flipped. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::media {

/// A piece of the camera's own picture, in its pixels.
struct Crop {
  int left = 0, top = 0;
  Size size;
  bool operator==(const Crop&) const = default;
  /// `320,180,640x360`
  std::string text() const;
};

enum class Rotate { none = 0, by_90 = 90, by_180 = 180, by_270 = 270 };  ///< clockwise
enum class Flip { none, horizontal, vertical };  ///< left and right change places; top and bottom

struct Orientation {
  std::optional<Crop> crop;
  Rotate rotate = Rotate::none;
  Flip flip = Flip::none;

  bool operator==(const Orientation&) const = default;
  bool swaps_sides() const { return rotate == Rotate::by_90 || rotate == Rotate::by_270; }
  /// The size on the other side of the rotation.
  Size turned(Size size) const { return swaps_sides() ? Size{size.height, size.width} : size; }
  /// The launch text for a camera whose own picture is `own`: `videocrop …`, empty when nothing is to be cut.
  std::string crop_text(Size own) const;
  /// `videoflip …`, empty when nothing is to be turned.
  std::string flip_text() const;
};

// Errors name what can be written.
/// Reads `90`, `180`, `270` or `0`.
[[nodiscard]] Result<Rotate> parse_rotate(std::string_view text);
/// Reads `horizontal`, `vertical` or `none`.
[[nodiscard]] Result<Flip> parse_flip(std::string_view text);
/// Reads `LEFT,TOP,WIDTHxHEIGHT`: all even, for 4:2:0 has one colour for two pixels.
[[nodiscard]] Result<Crop> parse_crop(std::string_view text);

const char* to_string(Flip flip);

}  // namespace bigfoot::media
