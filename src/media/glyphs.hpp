#pragma once
// A small typeface of strokes, drawn with round pens: digits, capitals, the signs of ASCII and a few more, smooth at
// any size, no font file needed. Masks are made once; drawing a text is a blend of small rectangles. Pure.

#include <map>
#include <string_view>

#include "base/bytes.hpp"
#include "media/picture.hpp"

namespace bigfoot::media {

/// Coverage of one shape, 0 to 255 a pixel.
struct Mask {
  int width = 0;
  int height = 0;
  Bytes alpha;
};

/// Rasterises strokes given as text: each word is a stroke, `-` straight, `(` smooth, `o` smooth and closed, then
/// points of two digits, x and y, on a grid that is `grid` high. `height` pixels between the lines y = 0 and y = grid.
Mask draw_strokes(std::string_view strokes, int grid, double height, double pen);

class Typeface {
 public:
  /// Capitals `height` pixels high; only the signs in `signs` are made, all when it is empty.
  Typeface(double height, double pen, std::string_view signs = {});

  /// Small letters are drawn as capitals, letters of Latin-1 without their marks, what is unknown as a space, also one
  /// of several bytes. Digits are all of one width.
  int width(std::string_view text) const;
  /// Blends into luma only, the top left of the capitals at x, y; clipped to the picture.
  void draw(const Picture& picture, int x, int y, std::string_view text, std::uint8_t luma) const;

 private:
  struct Glyph {
    Mask mask;
    int advance = 0;
  };
  const Glyph* find(char32_t sign) const;
  std::map<char32_t, Glyph> glyphs_;
  int margin_ = 0;  ///< of each mask, for the pen's width
  int space_ = 0;
};

/// Blends a mask into luma, its top left at x, y; clipped to the picture.
void blend(const Picture& picture, int x, int y, const Mask& mask, std::uint8_t luma);

}  // namespace bigfoot::media
