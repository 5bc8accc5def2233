#include "media/overlay.hpp"

#include <algorithm>
#include <cmath>

#include "base/duration.hpp"

namespace bigfoot::media {
namespace {

// As the page dims what is old (web/css/viewer.css).
constexpr double old_brightness = 0.36, old_saturation = 0.15;
constexpr double ground_brightness = 0.3, ground_saturation = 0.5;
constexpr int sizes_max = 16;
constexpr std::size_t letters_max = 240;  // of a line: more than fits

Colour colour_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return rgb(255, 255, 255);
    case Tone::warning: return rgb(255, 190, 60);
    case Tone::alarm: return rgb(255, 80, 70);
  }
  return rgb(255, 255, 255);
}

int even(double value) { return static_cast<int>(value) & ~1; }

Area clipped(const Picture& picture, Area area) {
  const int left = std::clamp(area.x, 0, picture.size.width), top = std::clamp(area.y, 0, picture.size.height);
  const int right = std::clamp(area.x + area.width, left, picture.size.width);
  const int bottom = std::clamp(area.y + area.height, top, picture.size.height);
  return {even(left), even(top), even(right - even(left)), even(bottom - even(top))};
}

double capitals_of(Area area) { return std::clamp(area.height / 42.0, 8.0, 30.0); }

std::uint8_t scaled(std::uint8_t value, int zero, int share_256) {
  return static_cast<std::uint8_t>(zero + ((value - zero) * share_256) / 256);
}

}  // namespace

void fill(const Picture& picture, Area wanted, Colour colour) {
  const Area area = clipped(picture, wanted);
  for (int row = area.y; row < area.y + area.height; ++row)
    std::fill_n(picture.y_row(row) + area.x, area.width, colour.y);
  for (int row = area.y / 2; row < (area.y + area.height) / 2; ++row) {
    std::fill_n(picture.u_row(row) + area.x / 2, area.width / 2, colour.u);
    std::fill_n(picture.v_row(row) + area.x / 2, area.width / 2, colour.v);
  }
}

void dim(const Picture& picture, Area wanted, double brightness, double saturation) {
  const Area area = clipped(picture, wanted);
  const int luma = static_cast<int>(brightness * 256), chroma = static_cast<int>(saturation * 256);
  for (int row = area.y; row < area.y + area.height; ++row)
    for (int x = area.x; x < area.x + area.width; ++x) picture.y_row(row)[x] = scaled(picture.y_row(row)[x], 16, luma);
  for (int row = area.y / 2; row < (area.y + area.height) / 2; ++row)
    for (int x = area.x / 2; x < (area.x + area.width) / 2; ++x) {
      picture.u_row(row)[x] = scaled(picture.u_row(row)[x], 128, chroma);
      picture.v_row(row)[x] = scaled(picture.v_row(row)[x], 128, chroma);
    }
}

const Typeface& OverlayPainter::typeface(double height) {
  const int key = static_cast<int>(std::lround(height));
  if (typefaces_.size() > sizes_max) typefaces_.clear();
  return typefaces_.try_emplace(key, key, key / 7.0).first->second;
}

/// Colour is the ground's, light the letters'.
void OverlayPainter::write(const Picture& picture, Area area, double height, const std::string& text, Tone tone,
                           bool centred) {
  const Typeface& face = typeface(height);
  std::string cut = text.substr(0, letters_max);
  while (!cut.empty() && face.width(cut) > area.width) cut.pop_back();
  const int width = face.width(cut);
  const int x = centred ? area.x + (area.width - width) / 2 : area.x;
  const int capitals = static_cast<int>(std::lround(height));
  const Colour colour = colour_of(tone);
  if (tone != Tone::plain) {
    const Area ground = clipped(picture, {x - 2, area.y - 2, width + 4, capitals + 4});
    fill(picture, ground, {16, colour.u, colour.v});
  }
  face.draw(picture, x, area.y, cut, colour.y);
}

void OverlayPainter::lines(const Picture& picture, Area area, const std::vector<OverlayLine>& lines) {
  if (lines.empty()) return;
  const double height = capitals_of(area);
  const int step = static_cast<int>(height * 1.9), margin = static_cast<int>(height);
  const Typeface& face = typeface(height);
  int widest = 0;
  for (const OverlayLine& line : lines) widest = std::max(widest, face.width(line.text.substr(0, letters_max)));
  const Area ground{area.x, area.y, even(std::min(widest + 2 * margin, area.width)),
                    even(std::min(static_cast<int>(lines.size()) * step + margin, area.height))};
  dim(picture, ground, ground_brightness, ground_saturation);
  int y = area.y + margin;
  for (const OverlayLine& line : lines) {
    if (y + step > area.y + area.height) return;
    write(picture, {area.x + margin, y, area.width - 2 * margin, step}, height, line.text, line.tone, false);
    y += step;
  }
}

void OverlayPainter::label(const Picture& picture, Area area, const std::string& text) {
  if (text.empty()) return;
  const double height = capitals_of(area);
  const int margin = static_cast<int>(height * 0.7), tall = even(height + 2 * margin);
  const int wide = even(std::min(typeface(height).width(text.substr(0, letters_max)) + 2 * margin, area.width));
  const Area ground{area.x, even(area.y + area.height - tall), wide, tall};
  dim(picture, ground, ground_brightness, ground_saturation);
  write(picture, {area.x + margin, ground.y + margin, area.width - 2 * margin, tall}, height, text, Tone::plain, false);
}

void OverlayPainter::notice(const Picture& picture, Area area, const Notice& notice, Timestamp now) {
  dim(picture, area, old_brightness, old_saturation);
  const double height = std::clamp(area.height / 14.0, 10.0, 60.0);
  std::string title = notice.title;
  if (notice.since) title += (title.empty() ? "" : " ") + seconds_text(std::max(now - *notice.since, Nanos{0}));
  const int middle = area.y + area.height / 2;
  write(picture, {area.x, middle - static_cast<int>(height * 1.2), area.width, 0}, height, title, notice.tone, true);
  write(picture, {area.x, middle + static_cast<int>(height * 0.6), area.width, 0}, std::max(height * 0.4, 8.0),
        notice.advice, Tone::plain, true);
}

}  // namespace bigfoot::media
