#include "base/nearest.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(Nearest, CountsAddedDroppedChangedAndSwappedLetters) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("size", "size"), 0u);
  EXPECT_EQ(edit_distance("sise", "size"), 1u);
  EXPECT_EQ(edit_distance("v4l", "v4l2"), 1u);
  EXPECT_EQ(edit_distance("bitrate", "bitrat"), 1u);
  EXPECT_EQ(edit_distance("tset", "test"), 1u) << "two that changed places";
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);
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
  EXPECT_EQ(nearest("foo", {"size", "fps"}), "") << "one letter of three is not alike";
  EXPECT_EQ(nearest("", {"bitrate", "size"}), "");
  EXPECT_EQ(nearest("size", {}), "");
}

}  // namespace
}  // namespace bigfoot
