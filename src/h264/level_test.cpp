#include "h264/level.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::h264 {
namespace {

using ::testing::HasSubstr;

struct Mode {
  Size size;
  int fps;
  std::int64_t kbps;
  int level_idc;
};

class LevelFor : public ::testing::TestWithParam<Mode> {};

TEST_P(LevelFor, IsTheLowestThatCarriesTheMode) {
  const Mode& mode = GetParam();
  const auto level = level_for(mode.size, FrameRate{mode.fps, 1}, Bitrate{mode.kbps * 1000});
  ASSERT_TRUE(level) << level.error().text();
  EXPECT_EQ(*level, mode.level_idc);
}

INSTANTIATE_TEST_SUITE_P(Modes, LevelFor,
                         ::testing::Values(Mode{{176, 144}, 15, 60, 10}, Mode{{320, 240}, 20, 300, 12},
                                           Mode{{320, 240}, 30, 300, 13}, Mode{{640, 480}, 30, 2'000, 30},
                                           Mode{{640, 480}, 15, 2'000, 22}, Mode{{1280, 720}, 30, 2'500, 31},
                                           Mode{{1280, 720}, 60, 2'500, 32}, Mode{{1280, 720}, 30, 15'000, 32},
                                           Mode{{1920, 1080}, 30, 6'000, 40}, Mode{{1920, 1080}, 30, 30'000, 41},
                                           Mode{{1920, 1080}, 60, 8'000, 42}, Mode{{3840, 2160}, 30, 20'000, 51},
                                           Mode{{3840, 2160}, 60, 20'000, 52},
                                           Mode{{16, 1600}, 10, 100, 22}));  // long and thin: the side is limited too

TEST(Level, WhatNoLevelCarriesSaysSo) {
  EXPECT_THAT(level_for({8192, 8192}, FrameRate{30, 1}, Bitrate{1'000'000}).error().text(),
              HasSubstr("8192x8192 at 30 fps"));
  EXPECT_FALSE(level_for({1280, 720}, FrameRate{30, 1}, Bitrate{1'000'000'000}));
}

}  // namespace
}  // namespace bigfoot::h264
