#include "media/glyphs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_sign.hpp"

namespace bigfoot::media {
namespace {

struct Point {
  double x, y;
};
struct Segment {
  Point from, to;
};

struct Shape {
  char32_t sign;
  const char* strokes;
};
// On a grid 4 wide and 6 high.
constexpr Shape shapes[] = {
    {'0', "o004043460603"},
    {'1', "-113036"},
    {'2', "(0200404306 -0646"},
    {'3', "(0100404323 (2343460605"},
    {'4', "-300444 -3036"},
    {'5', "-400003 (031242460605"},
    {'6', "(41400004 o02424606"},
    {'7', "-004016"},
    {'8', "o00404303 o03434606"},
    {'9', "o00404404 (42460605"},
    {'A', "-062046 -1434"},
    {'B', "-0006 (00404303 (03434606"},
    {'C', "(41400003064645"},
    {'D', "-0006 (0040434606"},
    {'E', "-40000646 -0333"},
    {'F', "-400006 -0333"},
    {'G', "(41400003064643 -4323"},
    {'H', "-0006 -4046 -0343"},
    {'I', "-1016"},
    {'J', "(4043460605"},
    {'K', "-0006 -400346"},
    {'L', "-000646"},
    {'M', "-0600234046"},
    {'N', "-06004640"},
    {'O', "o004043460603"},
    {'P', "-0006 (00404303"},
    {'Q', "o004043460603 -2446"},
    {'R', "-0006 (00404303 -2346"},
    {'S', "(4140000343460605"},
    {'T', "-0040 -2026"},
    {'U', "(000306464340"},
    {'V', "-002640"},
    {'W', "-0016223640"},
    {'X', "-0046 -4006"},
    {'Y', "-002340 -2326"},
    {'Z', "-00400646"},
    {'-', "-0333"},
    {'_', "-0646"},
    {'.', "-0606"},
    {':', "-0202 -0505"},
    {'/', "-4006"},
    {'*', "-0235 -3205"},
    {',', "-1506"},
    {';', "-1212 -1506"},
    {'?', "(0100404324 -2626"},
    {'!', "-0004 -0606"},
    {'(', "(20030426"},
    {')', "(00232406"},
    {'"', "-0001 -2021"},
    {'\'', "-0001"},
    {'=', "-0232 -0434"},
    {'+', "-0444 -2226"},
    {'%', "-4006 o00101101 o35454636"},
    {'#', "-1016 -3036 -0242 -0444"},
    {'$', "(4140000343460605 -2026"},
    {'&', "(4612102030310405163644"},
    {'<', "-410345"},
    {'>', "-014305"},
    {'@', "(46060300404434 o12323414"},
    {'[', "-20000626"},
    {']', "-00202606"},
    {'\\', "-0046"},
    {'^', "-022042"},
    {'`', "-0012"},
    {'{', "(20101303 (03131626"},
    {'}', "(00101323 (23131606"},
    {'|', "-0006"},
    {'~', "(04123442"},
    {U'±', "-0343 -2125 -0646"},
    {U'·', "-1313"},
    {U'≈', "(03113341 (05133543"},
    {U'—', "-0353"},
    {U'…', "-0606 -2626 -4646"},
};

std::vector<Point> rounded(std::vector<Point> points, bool closed) {
  for (int round = 0; round < 4; ++round) {  // Chaikin: cut each corner at a quarter, ends stay
    std::vector<Point> cut;
    if (!closed) cut.push_back(points.front());
    const std::size_t edges = closed ? points.size() : points.size() - 1;
    for (std::size_t i = 0; i < edges; ++i) {
      const Point a = points[i], b = points[(i + 1) % points.size()];
      cut.push_back({a.x * 0.75 + b.x * 0.25, a.y * 0.75 + b.y * 0.25});
      cut.push_back({a.x * 0.25 + b.x * 0.75, a.y * 0.25 + b.y * 0.75});
    }
    if (!closed) cut.push_back(points.back());
    points = std::move(cut);
  }
  return points;
}

void add_stroke(std::string_view word, std::vector<Segment>& to) {
  std::vector<Point> points;
  for (std::size_t i = 1; i + 1 < word.size(); i += 2)
    points.push_back({static_cast<double>(word[i] - '0'), static_cast<double>(word[i + 1] - '0')});
  const bool closed = word[0] == 'o';
  if (word[0] != '-') points = rounded(std::move(points), closed);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) to.push_back({points[i], points[i + 1]});
  if (closed) to.push_back({points.back(), points.front()});
}

std::vector<Segment> segments_of(std::string_view strokes) {
  std::vector<Segment> segments;
  while (!strokes.empty()) {
    const auto end = std::min(strokes.find(' '), strokes.size());
    add_stroke(strokes.substr(0, end), segments);
    strokes.remove_prefix(std::min(end + 1, strokes.size()));
  }
  return segments;
}

double distance(Point p, const Segment& s) {
  const double dx = s.to.x - s.from.x, dy = s.to.y - s.from.y, length = dx * dx + dy * dy;
  const double along = length > 0 ? std::clamp(((p.x - s.from.x) * dx + (p.y - s.from.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - s.from.x - along * dx, p.y - s.from.y - along * dy);
}

int margin_of(double pen) { return static_cast<int>(std::ceil(pen / 2 + 1)); }

/// As it is drawn: small letters as capitals, those of Latin-1 without their marks.
char32_t drawn_as(char32_t sign) {
  constexpr std::u32string_view from_c0 = U"AAAAAAACEEEEIIIIDNOOOOO*OUUUUYPSAAAAAAACEEEEIIIIDNOOOOO/OUUUUYPY";
  if (sign >= 0xc0 && sign <= 0xff) return from_c0[sign - 0xc0];
  return sign >= 'a' && sign <= 'z' ? sign - ('a' - 'A') : sign;
}

/// The first sign of UTF-8, taken off `text`; 0: a byte that is none.
char32_t take_sign(std::string_view& text) {
  const TextSign sign = sign_at(text, 0);
  text.remove_prefix(sign.bytes);
  return sign.utf8 ? sign.code : 0;
}

}  // namespace

Mask draw_strokes(std::string_view strokes, int grid, double height, double pen) {
  const auto segments = segments_of(strokes);
  const double scale = height / grid;
  double right = 0, bottom = grid;
  for (const auto& s : segments) {
    right = std::max({right, s.from.x, s.to.x});
    bottom = std::max({bottom, s.from.y, s.to.y});
  }
  const int margin = margin_of(pen);
  Mask mask{static_cast<int>(std::ceil(right * scale)) + 2 * margin,
            static_cast<int>(std::ceil(bottom * scale)) + 2 * margin,
            {}};
  mask.alpha.resize(static_cast<std::size_t>(mask.width) * mask.height);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x) {
      const Point p{(x - margin + 0.5) / scale, (y - margin + 0.5) / scale};
      double nearest = std::numeric_limits<double>::max();
      for (const auto& s : segments) nearest = std::min(nearest, distance(p, s));
      const double cover = std::clamp(pen / 2 - nearest * scale + 0.5, 0.0, 1.0);
      mask.alpha[static_cast<std::size_t>(y) * mask.width + x] = static_cast<std::uint8_t>(std::lround(cover * 255));
    }
  return mask;
}

void blend(const Picture& picture, int x, int y, const Mask& mask, std::uint8_t luma) {
  const int left = std::max(0, -x), right = std::min(mask.width, picture.size.width - x);
  const int top = std::max(0, -y), bottom = std::min(mask.height, picture.size.height - y);
  for (int row = top; row < bottom; ++row) {
    const std::uint8_t* alpha = &mask.alpha[static_cast<std::size_t>(row) * mask.width];
    std::uint8_t* out = picture.y_row(y + row) + x;
    for (int column = left; column < right; ++column)
      out[column] = static_cast<std::uint8_t>(out[column] + (luma - out[column]) * alpha[column] / 255);
  }
}

Typeface::Typeface(double height, double pen, std::string_view signs) : margin_(margin_of(pen)) {
  const double scale = height / 6;
  const int gap = static_cast<int>(std::lround(scale * 1.0 + pen));
  space_ = static_cast<int>(std::lround(scale * 2)) + gap;
  for (const auto& shape : shapes) {
    if (!signs.empty() && (shape.sign > 0x7f || signs.find(static_cast<char>(shape.sign)) == std::string_view::npos))
      continue;
    Glyph glyph{draw_strokes(shape.strokes, 6, height, pen), 0};
    const bool digit = shape.sign >= '0' && shape.sign <= '9';
    glyph.advance = (digit ? static_cast<int>(std::lround(scale * 4)) : glyph.mask.width - 2 * margin_) + gap;
    glyphs_.emplace(shape.sign, std::move(glyph));
  }
}

const Typeface::Glyph* Typeface::find(char32_t sign) const {
  const auto found = glyphs_.find(drawn_as(sign));
  return found == glyphs_.end() ? nullptr : &found->second;
}

int Typeface::width(std::string_view text) const {
  int width = 0;
  while (!text.empty()) {
    const Glyph* glyph = find(take_sign(text));
    width += glyph ? glyph->advance : space_;
  }
  return width;
}

void Typeface::draw(const Picture& picture, int x, int y, std::string_view text, std::uint8_t luma) const {
  while (!text.empty()) {
    const Glyph* glyph = find(take_sign(text));
    if (glyph) blend(picture, x - margin_, y - margin_, glyph->mask, luma);
    x += glyph ? glyph->advance : space_;
  }
}

}  // namespace bigfoot::media
