#include "media/overlay.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/duration.hpp"

namespace bigfoot::media {
namespace {

// As the page dims what is old (web/css/viewer.css).
constexpr double old_brightness = 0.36, old_saturation = 0.15;
constexpr double ground_brightness = 0.3, ground_saturation = 0.5;
constexpr int sizes_max = 16;
constexpr std::size_t letters_max = 240;  // of a line: more than fits
constexpr std::size_t advice_lines_max = 4;
constexpr double smallest = 8;  // capitals that can still be read

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

/// As many words a line as fit. What is over in the last one is cut where it is written.
std::vector<std::string> wrapped(const Typeface& face, std::string_view text, int width) {
  std::vector<std::string> lines{""};
  while (!text.empty()) {
    const std::string word(text.substr(0, text.find(' ')));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
    if (lines.back().empty() || lines.size() == advice_lines_max || face.width(longer) <= width)
      lines.back() = longer;
    else
      lines.push_back(word);
  }
  return lines;
}

double capitals_of(Area area) { return std::clamp(area.height / 42.0, smallest, 30.0); }

double title_height(Area area) { return std::clamp(area.height / 14.0, 10.0, 60.0); }

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
    const int edge = 2 + capitals / 7;  // of the pen
    const Area ground = clipped(picture, {x - edge, area.y - edge, width + 2 * edge, capitals + 2 * edge});
    fill(picture, ground, {16, colour.u, colour.v});
  }
  face.draw(picture, x, area.y, cut, colour.y);
}

void OverlayPainter::lines(const Picture& picture, Area area, const std::vector<OverlayLine>& lines,
                           bool above_notice) {
  if (lines.empty()) return;
  const double height = capitals_of(area);
  const int step = static_cast<int>(height * 1.9), margin = static_cast<int>(height);
  const Typeface& face = typeface(height);
  int widest = 0;
  for (const OverlayLine& line : lines) widest = std::max(widest, face.width(line.text.substr(0, letters_max)));
  const int room = above_notice ? area.height / 2 - static_cast<int>(title_height(area) * 1.5) : area.height;
  const auto fit = static_cast<std::size_t>(std::max((room - margin) / step, 0));
  const int shown = static_cast<int>(std::min(lines.size(), fit));
  const Area ground{area.x, area.y, even(std::min(widest + 2 * margin, area.width)), even(shown * step + margin)};
  if (shown == 0) return;
  dim(picture, ground, ground_brightness, ground_saturation);
  int y = area.y + margin;
  for (int index = 0; index < shown; ++index, y += step) {
    const OverlayLine& line = lines[static_cast<std::size_t>(index)];
    write(picture, {area.x + margin, y, area.width - 2 * margin, step}, height, line.text, line.tone, false);
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

double OverlayPainter::fitting(const std::string& text, double height, int width) {
  const int wanted = typeface(height).width(text.substr(0, letters_max));
  return wanted <= width ? height : std::max(height * width / wanted - 1, smallest);
}

void OverlayPainter::notice(const Picture& picture, Area area, const Notice& notice, Timestamp now) {
  dim(picture, area, old_brightness, old_saturation);
  const double height = title_height(area);
  std::string title = notice.title;
  if (notice.since) title += (title.empty() ? "" : " ") + age_text(std::max(now - *notice.since, Nanos{0}));
  const int middle = area.y + area.height / 2, margin = area.width / 32;
  const Area inner{area.x + margin, area.y, area.width - 2 * margin, area.height};
  const double titles = fitting(title, height, inner.width), advices = std::max(height * 0.4, smallest);
  write(picture, {inner.x, middle - static_cast<int>(height * 0.2 + titles), inner.width, 0}, titles, title,
        notice.tone, true);
  int y = middle + static_cast<int>(height * 0.6);
  for (const std::string& line : wrapped(typeface(advices), notice.advice.substr(0, letters_max), inner.width)) {
    if (y + static_cast<int>(advices) > area.y + area.height) return;
    write(picture, {inner.x, y, inner.width, 0}, advices, line, Tone::plain, true);
    y += static_cast<int>(advices * 1.9);
  }
}

}  // namespace bigfoot::media
