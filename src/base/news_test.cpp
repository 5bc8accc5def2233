#include "base/news.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(News, RepetitionIsNoNewsForAMinute) {
  News news;
  const Timestamp start{};
  EXPECT_TRUE(news.tell("no camera", start));
  EXPECT_FALSE(news.tell("no camera", start + 5s));
  EXPECT_FALSE(news.tell("no camera", start + 59s));
  EXPECT_TRUE(news.tell("no camera", start + 60s));
  EXPECT_FALSE(news.tell("no camera", start + 61s));
}

TEST(News, AnotherTextIsAndSoIsTheSameAfterItWasOver) {
  News news;
  const Timestamp start{};
  EXPECT_TRUE(news.tell("no camera", start));
  EXPECT_TRUE(news.tell("busy", start + 1s));
  EXPECT_TRUE(news.tell("no camera", start + 2s));
  news.forget();
  EXPECT_TRUE(news.tell("no camera", start + 3s));
}

}  // namespace
}  // namespace bigfoot
