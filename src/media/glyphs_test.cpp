#include "media/glyphs.hpp"

#include <algorithm>
#include <cctype>

#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

constexpr int width = 120, height = 40;

/// The luma of a dark picture on which `text` was drawn.
Bytes drawn(const Typeface& face, std::string_view text, int x = 4, int y = 4) {
  Bytes luma(width * height, 16);
  Bytes chroma(luma.size() / 2, 128);
  face.draw({{width, height}, luma.data(), chroma.data(), chroma.data(), width, width / 2}, x, y, text, 235);
  EXPECT_EQ(std::count(chroma.begin(), chroma.end(), 128), static_cast<std::ptrdiff_t>(chroma.size()));
  return luma;
}

std::ptrdiff_t lit(const Bytes& luma) {
  return std::count_if(luma.begin(), luma.end(), [](std::uint8_t value) { return value > 128; });
}

TEST(Typeface, EverySignOfAsciiIsDrawnAndNoTwoAreAlike) {
  const Typeface face(20, 2.5);
  std::vector<Bytes> seen;
  for (char sign = ' ' + 1; sign < 0x7f; ++sign) {
    if (std::islower(static_cast<unsigned char>(sign)) || sign == 'O') continue;  // capitals; O is a zero
    const Bytes picture = drawn(face, std::string(1, sign));
    EXPECT_GT(lit(picture), 2) << sign;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), picture), 0) << sign;
    seen.push_back(picture);
  }
}

TEST(Typeface, WhatFiguresAreWrittenWithIsDrawn) {
  const Typeface face(20, 2.5);
  for (const char* sign : {"±", "≈", "—", "…", "·", "×"}) EXPECT_GT(lit(drawn(face, sign)), 2) << sign;
  EXPECT_NE(drawn(face, "≈"), drawn(face, "~"));
  EXPECT_NE(drawn(face, "—"), drawn(face, "-"));
  EXPECT_GT(lit(drawn(face, "a · b")), lit(drawn(face, "a   b")));
  EXPECT_NE(drawn(face, "·"), drawn(face, "."));
}

TEST(Typeface, ANumberKeepsItsWidth) {
  const Typeface face(20, 2.5);
  for (const char* number : {"111", "888", "740"}) EXPECT_EQ(face.width(number), face.width("000")) << number;
}

TEST(Typeface, SmallLettersAreCapitalsAndWhatIsUnknownIsASpace) {
  const Typeface face(20, 2.5);
  EXPECT_EQ(drawn(face, "rover-7"), drawn(face, "ROVER-7"));
  EXPECT_EQ(drawn(face, "a\xC3z"), drawn(face, "a z"));
  EXPECT_EQ(drawn(face, "Küche Éà ß"), drawn(face, "KUCHE EA S"));
  EXPECT_EQ(drawn(face, "a✓z"), drawn(face, "a z"));
  EXPECT_EQ(face.width("\x7f"), face.width(" "));
  const Typeface digits(20, 2.5, "0123456789");
  EXPECT_EQ(lit(drawn(digits, "ABC")), 0);
}

TEST(Typeface, WhatLiesOutsideIsCutOff) {
  const Typeface face(20, 2.5);
  for (const auto& [x, y] : {std::pair{-12, 4}, {width - 8, 4}, {4, -10}, {4, height - 9}}) {
    const auto inside = lit(drawn(face, "88", x, y));
    EXPECT_GT(inside, 0) << x << " " << y;
    EXPECT_LT(inside, lit(drawn(face, "88"))) << x << " " << y;
  }
  for (const auto& [x, y] : {std::pair{-400, 4}, {4000, 4}, {4, -400}, {4, 4000}})
    EXPECT_EQ(lit(drawn(face, "88", x, y)), 0);
}

}  // namespace
}  // namespace bigfoot::media
