#include "base/nearest.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(Nearest, CountsAddedDroppedAndChangedLetters) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("size", "size"), 0u);
  EXPECT_EQ(edit_distance("sise", "size"), 1u);
  EXPECT_EQ(edit_distance("v4l", "v4l2"), 1u);
  EXPECT_EQ(edit_distance("bitrate", "bitrat"), 1u);
  EXPECT_EQ(edit_distance("tset", "test"), 2u);
}

TEST(Nearest, TakesTheOneThatWasMeant) {
  const std::vector<std::string> flags{"bitrate", "size", "name", "fps"};
  EXPECT_EQ(nearest("bitrat", flags), "bitrate");
  EXPECT_EQ(nearest("sise", flags), "size");
  EXPECT_EQ(nearest("fsp", flags), "fps");
  EXPECT_EQ(nearest("aab", {"aac", "aad"}), "aac") << "the first of two that are as near";
}

TEST(Nearest, KnowsWhenNothingIsNear) {
  EXPECT_EQ(nearest("zzzzzz", {"bitrate", "size"}), "");
  EXPECT_EQ(nearest("format", {"size", "fps", "pattern"}), "");
  EXPECT_EQ(nearest("", {"bitrate", "size"}), "");
  EXPECT_EQ(nearest("size", {}), "");
}

}  // namespace
}  // namespace bigfoot
