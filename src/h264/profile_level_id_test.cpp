#include "h264/profile_level_id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::h264 {
namespace {

using ::testing::HasSubstr;

ProfileLevelId id(std::string_view text) { return parse_profile_level_id(text).value(); }

TEST(ProfileLevelId, ReadsAndWritesSixHexDigits) {
  EXPECT_EQ(id("42E01F"), (ProfileLevelId{0x42, 0xe0, 0x1f}));
  EXPECT_EQ(id("42E01F").text(), "42e01f");
  EXPECT_EQ((ProfileLevelId{0x64, 0x0c, 0x0a}).text(), "640c0a");
  for (const auto* bad : {"", "42e0", "42e01", "42e01f0", "42e01g", "0x42e0", "-2e01f", "+2e01f", "42 01f", "42 e0 1f"})
    EXPECT_FALSE(parse_profile_level_id(bad)) << bad;
  EXPECT_THAT(parse_profile_level_id("42e01g").error().text(), HasSubstr("\"42e01g\" is not six hex digits"));
}

TEST(ProfileLevelId, IsWrittenForAProfileAndALevel) {
  EXPECT_EQ(profile_level_id(Profile::constrained_baseline, 31), "42e01f");
  EXPECT_EQ(profile_level_id(Profile::high, 40), "640028");
  EXPECT_EQ(profile_level_id(Profile::constrained_high, 31), "640c1f");
  for (const Profile profile :
       {Profile::constrained_baseline, Profile::baseline, Profile::main, Profile::constrained_high, Profile::high})
    EXPECT_EQ(id(profile_level_id(profile, 31)).profile(), profile) << to_string(profile);
}

// The spellings of RFC 6184 table 5, and 5840 of H.264 Annex A.
TEST(ProfileLevelId, SeveralSpellingsAreOneProfile) {
  for (const auto* text : {"42e01f", "42c01f", "42401f", "42f00b", "4d801f", "4de01f", "58c01f"})
    EXPECT_EQ(id(text).profile(), Profile::constrained_baseline) << text;
  for (const auto* text : {"42001f", "42a01f", "42801f", "58801f"})
    EXPECT_EQ(id(text).profile(), Profile::baseline) << text;
  for (const auto* text : {"4d001f", "4d401f", "4d501f", "58401f"})
    EXPECT_EQ(id(text).profile(), Profile::main) << text;
  EXPECT_EQ(id("640c1f").profile(), Profile::constrained_high);
  EXPECT_EQ(id("64001f").profile(), Profile::high);
  for (const auto* text : {"f4001f", "7a001f", "42e11f", "64011f", "58001f"})
    EXPECT_EQ(id(text).profile(), Profile::other) << text;
}

TEST(ProfileLevelId, LevelOneBLiesBetweenOneAndOneOne) {
  for (const auto* one_b : {"42f00b", "4d100b", "640009"}) {
    EXPECT_EQ(id(one_b).level_text(), "1b") << one_b;
    EXPECT_GT(id(one_b).level_rank(), id("42e00a").level_rank()) << one_b;
    EXPECT_LT(id(one_b).level_rank(), id("42e00b").level_rank()) << one_b;
  }
  EXPECT_GT(id("42e01f").level_rank(), id("42e01e").level_rank());
}

TEST(ProfileLevelId, ALevelIsSpelledTheWayOfTheProfile) {
  EXPECT_EQ(id("64001f").with_level_of(id("42f00b")).text(), "640009");
  EXPECT_EQ(id("42e01f").with_level_of(id("640009")).text(), "42f00b");
  EXPECT_EQ(id("42f00b").with_level_of(id("64001f")).text(), "42e01f");
  EXPECT_EQ(id("640c1f").with_level_of(id("42e028")).text(), "640c28");
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
  EXPECT_FALSE(decodes(high, baseline)) << "baseline has FMO";
  EXPECT_FALSE(decodes(other, constrained_baseline));
  EXPECT_FALSE(decodes(high, other));
}

Result<> fits(const char* stream, const char* negotiated) { return check_fits(id(stream), id(negotiated)); }

TEST(ProfileLevelId, AStreamFitsWhatContainsIt) {
  EXPECT_TRUE(fits("42c01f", "42e01f"));
  EXPECT_TRUE(fits("42c01e", "42e01f"));
  EXPECT_TRUE(fits("42c01f", "640028"));
  EXPECT_TRUE(fits("4d001f", "64001f"));
  EXPECT_TRUE(fits("640c1f", "64001f"));
}

// Progressive high (6408), high that obeys main too (6440), a reserved bit (42e1): all less than the profile may use.
TEST(ProfileLevelId, AFlagMoreMakesAStreamSimplerButADecoderPoorer) {
  EXPECT_TRUE(fits("64081f", "64001f"));
  EXPECT_TRUE(fits("64401f", "64001f"));
  EXPECT_TRUE(fits("42e11f", "42e01f"));
  EXPECT_FALSE(fits("64001f", "64081f"));
  EXPECT_FALSE(fits("58001f", "64001f")) << "extended has data partitioning";
}

// openpilot#38558: the SDP said 42e01f, the stream was High, and Safari stayed black without a word.
TEST(ProfileLevelId, AStreamThatDoesNotFitSaysWhatToChange) {
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
