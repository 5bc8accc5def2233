#include "sdp/profile_level_id.hpp"

#include <gtest/gtest.h>

namespace bigfoot::sdp {
namespace {

ProfileLevelId id(std::string_view text) { return parse_profile_level_id(text).value(); }

TEST(ProfileLevelId, ReadsAndWritesSixHexDigits) {
  EXPECT_EQ(id("42E01F"), (ProfileLevelId{0x42, 0xe0, 0x1f}));
  EXPECT_EQ(to_string(id("42E01F")), "42e01f");
  EXPECT_EQ(to_string(ProfileLevelId{0x64, 0x0c, 0x0a}), "640c0a");
  for (const auto* bad : {"", "42e0", "42e01f0", "42e01g", "0x42e0", "-2e01f", "42 e0 1f"})
    EXPECT_FALSE(parse_profile_level_id(bad)) << bad;
}

// The spellings of RFC 6184 table 5.
TEST(ProfileLevelId, SeveralSpellingsAreOneProfile) {
  for (const auto* text : {"42e01f", "42c01f", "42401f", "42f00b", "4d801f", "4de01f", "58c01f"})
    EXPECT_EQ(id(text).profile(), Profile::constrained_baseline) << text;
  for (const auto* text : {"42001f", "42a01f", "42801f", "58801f"})
    EXPECT_EQ(id(text).profile(), Profile::baseline) << text;
  for (const auto* text : {"4d001f", "4d401f", "4d501f"}) EXPECT_EQ(id(text).profile(), Profile::main) << text;
  EXPECT_EQ(id("640c1f").profile(), Profile::constrained_high);
  EXPECT_EQ(id("64001f").profile(), Profile::high);
  for (const auto* text : {"f4001f", "7a001f", "42e11f", "64011f"})
    EXPECT_EQ(id(text).profile(), Profile::other) << text;
}

TEST(ProfileLevelId, LevelOneBLiesBetweenOneAndOneOne) {
  for (const auto* one_b : {"42f00b", "4d100b", "640009"}) {
    EXPECT_GT(id(one_b).level_halves(), id("42e00a").level_halves()) << one_b;
    EXPECT_LT(id(one_b).level_halves(), id("42e00b").level_halves()) << one_b;
  }
  EXPECT_GT(id("42e01f").level_halves(), id("42e01e").level_halves());
}

TEST(ProfileLevelId, ADecoderOfMoreToolsShowsAStreamOfFewer) {
  using enum Profile;
  for (const auto decoder : {constrained_baseline, baseline, main, constrained_high, high})
    EXPECT_TRUE(decodes(decoder, constrained_baseline)) << to_string(decoder);
  EXPECT_TRUE(decodes(high, main));
  EXPECT_TRUE(decodes(high, constrained_high));
  EXPECT_FALSE(decodes(constrained_high, main)) << "main has interlace";
  EXPECT_FALSE(decodes(main, high));
  EXPECT_FALSE(decodes(constrained_baseline, baseline)) << "baseline has FMO";
  EXPECT_FALSE(decodes(other, constrained_baseline));
  EXPECT_FALSE(decodes(high, other));
}

TEST(ProfileLevelId, AgreementKeepsTheirProfileAndTheLevelThatBothAllow) {
  EXPECT_EQ(to_string(agree(id("42e028"), id("42e01f"), true)), "42e028");
  EXPECT_EQ(to_string(agree(id("42e028"), id("42e01f"), false)), "42e01f");
  EXPECT_EQ(to_string(agree(id("42e01f"), id("42e034"), false)), "42e01f");
  EXPECT_EQ(to_string(agree(id("42e028"), id("640c1f"), true)), "640c28");
  EXPECT_EQ(to_string(agree(id("42c015"), id("4d001f"), true)), "4d0015");
}

TEST(ProfileLevelId, AgreementSpellsLevelOneBTheWayOfTheProfile) {
  EXPECT_EQ(to_string(agree(id("42f00b"), id("64001f"), true)), "640009");
  EXPECT_EQ(to_string(agree(id("640009"), id("42e01f"), true)), "42f00b");
  EXPECT_EQ(to_string(agree(id("42e01f"), id("42f00b"), true)), "42e01f");
}

}  // namespace
}  // namespace bigfoot::sdp
