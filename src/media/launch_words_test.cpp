#include "media/launch_words.hpp"

#include <gmock/gmock.h>

namespace bigfoot::media {
namespace {

TEST(LaunchWords, WhatAnElementLacksIsLeftOut) {
  EXPECT_EQ(without_lacking("a=1 ?b=2 ?c=3 d=4", {"b"}), "a=1 c=3 d=4");
  EXPECT_EQ(without_lacking("?b=2", {"b"}), "");
  EXPECT_EQ(without_lacking("b=2", {"b"}), "b=2") << "not marked: its lack is a fault to be said";
}

TEST(LaunchWords, OnlyMarkedWordsAreOptional) {
  EXPECT_THAT(optional_properties("a=1 ?b=2 ?c-d=3"), testing::ElementsAre("b", "c-d"));
  EXPECT_THAT(optional_properties(""), testing::IsEmpty());
}

}  // namespace
}  // namespace bigfoot::media
