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

TEST(Level, SdpNamesReadAndWrite) {
  EXPECT_EQ(profile_level_id(Profile::constrained_baseline, 31), "42e01f");
  EXPECT_EQ(profile_level_id(Profile::high, 40), "640028");
  EXPECT_EQ(profile_level_id(Profile::constrained_high, 31), "640c1f");
  for (const Profile profile :
       {Profile::constrained_baseline, Profile::baseline, Profile::main, Profile::constrained_high, Profile::high})
    EXPECT_EQ(parse_profile_level_id(profile_level_id(profile, 31))->profile(), profile) << to_string(profile);
  EXPECT_EQ(parse_profile_level_id("42E01F")->text(), "42e01f");
  for (const char* bad : {"", "42e01", "42e01f0", "42e01g", "42 01f"}) EXPECT_FALSE(parse_profile_level_id(bad)) << bad;
}

// RFC 6184 table 5: several spellings of one profile.
TEST(Level, SpellingsOfOneProfile) {
  for (const char* text : {"42e01f", "42c01f", "42401f", "4d801f", "58c01f"})
    EXPECT_EQ(parse_profile_level_id(text)->profile(), Profile::constrained_baseline) << text;
  for (const char* text : {"42001f", "42801f", "58801f"})
    EXPECT_EQ(parse_profile_level_id(text)->profile(), Profile::baseline) << text;
  for (const char* text : {"4d001f", "4d401f", "58401f"})
    EXPECT_EQ(parse_profile_level_id(text)->profile(), Profile::main) << text;
  EXPECT_FALSE(parse_profile_level_id("f4001f")->profile());
}

TEST(Level, LevelOneBLiesBetweenOneAndOnePointOne) {
  const auto one_b = parse_profile_level_id("42f00b");
  EXPECT_EQ(one_b->level_text(), "1b");
  EXPECT_GT(one_b->level_rank(), parse_profile_level_id("42e00a")->level_rank());
  EXPECT_LT(one_b->level_rank(), parse_profile_level_id("42e00b")->level_rank());
}

Result<> fits(const char* stream, const char* negotiated) {
  return check_fits(*parse_profile_level_id(stream), *parse_profile_level_id(negotiated));
}

TEST(Level, AStreamFitsWhatContainsIt) {
  EXPECT_TRUE(fits("42c01f", "42e01f"));
  EXPECT_TRUE(fits("42c01e", "42e01f"));
  EXPECT_TRUE(fits("42c01f", "640028"));
  EXPECT_TRUE(fits("4d001f", "64001f"));
  EXPECT_TRUE(fits("640c1f", "64001f"));
}

// openpilot#38558: the SDP said 42e01f, the stream was High, and Safari stayed black without a word.
TEST(Level, AStreamThatDoesNotFitSaysWhatToChange) {
  const auto high = fits("64001f", "42e01f");
  ASSERT_FALSE(high);
  EXPECT_THAT(high.error().text(), HasSubstr("high (64001f) but constrained baseline (42e01f)"));
  EXPECT_THAT(high.error().fix, HasSubstr("constrained baseline profile"));
  const auto level = fits("42c028", "42e01f");
  ASSERT_FALSE(level);
  EXPECT_THAT(level.error().text(), HasSubstr("level 4 (42c028) but level 3.1"));
  EXPECT_FALSE(fits("42001f", "42e01f"));  // FMO and ASO may occur
  EXPECT_FALSE(fits("4d001f", "640c1f"));  // B-frames may occur
  EXPECT_FALSE(fits("f4001f", "64001f"));
}

}  // namespace
}  // namespace bigfoot::h264
