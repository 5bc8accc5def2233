#include "base/text_sign.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bigfoot {
namespace {

/// What is not harmless as its code between brackets, the rest as it is.
std::string marked(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const TextSign sign = sign_at(text, at);
    out += !harmless(sign) ? "[" + std::to_string(sign.code) + "]" : text.substr(at, sign.bytes);
    at += sign.bytes;
  }
  EXPECT_EQ(harmless(text), out.find('[') == std::string::npos) << out;
  return out;
}

TEST(TextSign, ControlCharactersSteerAlsoThoseAboveAscii) {
  EXPECT_EQ(marked("a\x1b"
                   "2J\n\x7f"),
            "a[27]2J[10][127]");
  EXPECT_EQ(marked("x\xc2\x9b"
                   "31m\xc2\x85"),
            "x[155]31m[133]");
  EXPECT_EQ(marked(std::string("\0", 1)), "[0]");
}

TEST(TextSign, MarksThatTurnTheDirectionOfWritingSteer) {
  EXPECT_EQ(marked("a\u202eb\u2066c\u200fd\u061c"), "a[8238]b[8294]c[8207]d[1564]");
  EXPECT_EQ(marked("a\u2028b"), "a[8232]b");
}

TEST(TextSign, LettersOfAnyLanguageAreRead) {
  for (const std::string letters : {"plain ~ text", "Kamera über dem Tor", "камера Л", "カメラ 漢字", "مرحبا",
                                    "🤖 · – …", "\u00a0\u2027\u2065\u206a"})
    EXPECT_EQ(marked(letters), letters);
}

TEST(TextSign, WhatIsNoUtf8IsReadByteByByte) {
  EXPECT_EQ(marked("x\x9b"
                   "31m"),
            "x[155]31m");
  EXPECT_EQ(marked("\xc3\xa9\x80"), "\xc3\xa9[128]") << "one byte too many";
  EXPECT_EQ(marked("\xe2\x80"), "[226][128]") << "one too few";
  EXPECT_EQ(marked("\xf5\xff"), "[245][255]");
  EXPECT_EQ(marked("T\xfcr"), "T[252]r") << "Latin-1";
}

TEST(TextSign, OverlongFormsAndSurrogatesAreNoUtf8) {
  EXPECT_EQ(marked("\xc0\xaf"), "[192][175]");
  EXPECT_EQ(marked("\xe0\x9f\xbf"), "[224][159][191]");
  EXPECT_EQ(marked("\xf0\x8f\xbf\xbf"), "[240][143][191][191]");
  EXPECT_EQ(marked("\xed\xa0\x80"), "[237][160][128]");
  EXPECT_EQ(marked("\xed\xbf\xbf"), "[237][191][191]");
  EXPECT_EQ(marked("\xf4\x90\x80\x80"), "[244][144][128][128]");
  for (const std::string ends :
       {"\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"})
    EXPECT_TRUE(sign_at(ends, 0).utf8 && sign_at(ends, 0).bytes == ends.size()) << ends;
}

}  // namespace
}  // namespace bigfoot
