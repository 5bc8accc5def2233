#pragma once
// What is written over a picture on its way to a window: lines of figures, and a notice over one that is old or
// missing. Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "media/glyphs.hpp"
#include "media/picture.hpp"

namespace bigfoot::media {

enum class Tone { plain, warning, alarm };  ///< white, amber, red

struct OverlayLine {
  std::string text;
  Tone tone = Tone::plain;
  bool operator==(const OverlayLine&) const = default;
};

/// In the middle of a dimmed picture: `FROZEN 3.2 s`, and below it what that means.
struct Notice {
  std::string title, advice;
  Tone tone = Tone::plain;
  std::optional<Timestamp> since = {};  ///< the title is followed by how long ago that is
  bool operator==(const Notice&) const = default;
};

/// Pixels of a picture; even numbers.
struct Area {
  int x = 0, y = 0, width = 0, height = 0;
};

/// Letters are as large as the area lets them be; what is too long for a line is cut at its right, or as a notice says.
class OverlayPainter {
 public:
  /// From the top left corner, on a dark ground; as many as fit, where a notice stands in the area above that.
  void lines(const Picture& picture, Area area, const std::vector<OverlayLine>& lines, bool above_notice = false);
  /// One line at the bottom left.
  void label(const Picture& picture, Area area, const std::string& text);
  /// Dims the area as the page does. A title that is too long is written smaller, advice in several lines.
  void notice(const Picture& picture, Area area, const Notice& notice, Timestamp now);

 private:
  const Typeface& typeface(double height);
  void write(const Picture& picture, Area area, double height, const std::string& text, Tone tone, bool centred);
  double fitting(const std::string& text, double height, int width);
  std::map<int, Typeface> typefaces_;  ///< by the height of capitals
};

void fill(const Picture& picture, Area area, Colour colour);
/// Brightness and colour as shares of what they are.
void dim(const Picture& picture, Area area, double brightness, double saturation);

}  // namespace bigfoot::media
