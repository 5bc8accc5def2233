#include "base/cut_utf8.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(CutUtf8, LeavesWhatFits) {
  EXPECT_EQ(cut_utf8("", 0), "");
  EXPECT_EQ(cut_utf8("rover", 5), "rover");
  EXPECT_EQ(cut_utf8("rover", 3), "rov");
  EXPECT_EQ(cut_utf8("rover", 0), "");
  EXPECT_EQ(cut_utf8("grün", 5), "grün");
}

TEST(CutUtf8, NeverLeavesHalfALetter) {
  EXPECT_EQ(cut_utf8("grün", 3), "gr");
  EXPECT_EQ(cut_utf8("grün", 4), "grü");
  EXPECT_EQ(cut_utf8("€€", 5), "€");
  EXPECT_EQ(cut_utf8("€", 2), "");
  for (std::size_t bytes = 1; bytes < 5; ++bytes) EXPECT_EQ(cut_utf8("a\xF0\x9F\xA4\x96z", bytes), "a") << bytes;
  EXPECT_EQ(cut_utf8("a\xF0\x9F\xA4\x96z", 5), "a\xF0\x9F\xA4\x96");
}

TEST(CutUtf8, CutsBytesThatAreNoTextWhereItIsTold) {
  const std::string junk(10, '\x80');
  EXPECT_EQ(cut_utf8(junk, 6), junk.substr(0, 6));
  EXPECT_EQ(cut_utf8(junk, 1), "\x80");
}

}  // namespace
}  // namespace bigfoot
