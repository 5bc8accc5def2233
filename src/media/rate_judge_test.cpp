#include "media/rate_judge.hpp"

#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

constexpr Nanos look_period = 50ms;

/// A source that gives what a test says, looked at every 50 ms.
struct RateJudgeTest : testing::Test {
  /// The last rate that was found too low meanwhile.
  std::optional<double> pass(Nanos span, double fps, Nanos age = 10ms) {
    std::optional<double> said;
    for (const Timestamp end = now + span; now < end;) {
      now += look_period;
      given += fps * to_seconds(look_period);
      const auto pictures = static_cast<std::uint64_t>(given);
      taken.age += (pictures - taken.pictures) * age;
      taken.pictures = pictures;
      if (const auto slow = judge.look(now, taken, attentive_since)) said = slow;
    }
    return said;
  }
  /// As after a freeze of the machine: nobody looked, and hardly a picture was taken.
  void stand_still(Nanos span) {
    now += span;
    attentive_since = now;
  }

  RateJudge judge{{30, 1}};
  Timestamp now{1h}, attentive_since{};
  Taken taken;
  double given = 0;
};

TEST_F(RateJudgeTest, ACameraThatKeepsItsPromiseIsLeftAlone) {
  EXPECT_EQ(pass(60s, 30), std::nullopt);
  EXPECT_EQ(pass(60s, 25), std::nullopt) << "nobody sees 25 for 30";
  EXPECT_EQ(pass(60s, 60), std::nullopt);
}

TEST_F(RateJudgeTest, OneThatGivesHalfIsSaidAfterTwoWindowsWithWhatItGave) {
  EXPECT_EQ(pass(6900ms, 15), std::nullopt);
  const auto slow = pass(300ms, 15);
  ASSERT_TRUE(slow);
  EXPECT_NEAR(*slow, 15, 0.5);
  EXPECT_EQ(pass(5800ms, 15), std::nullopt) << "no more than once in two windows";
  EXPECT_TRUE(pass(300ms, 15));
}

TEST_F(RateJudgeTest, ItMayBeginSlowly) {
  EXPECT_EQ(pass(20s, 0), std::nullopt) << "some take long for their first picture";
  EXPECT_EQ(pass(1s, 3), std::nullopt);
  EXPECT_EQ(pass(20s, 30), std::nullopt);
}

TEST_F(RateJudgeTest, OneBadWindowIsAnAccident) {
  pass(5s, 30);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(pass(3s, 15), std::nullopt) << i;
    EXPECT_EQ(pass(6s, 30), std::nullopt) << i;
  }
}

TEST_F(RateJudgeTest, WhoStoodStillBlamesNobody) {
  pass(5s, 30);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(pass(2s, 30), std::nullopt) << i;
    stand_still(2s);
  }
  EXPECT_TRUE(pass(7s, 15)) << "but the camera that is slow afterwards";
}

TEST_F(RateJudgeTest, PicturesThatWaitedForUsAreNotTheCamerasFault) {
  EXPECT_EQ(pass(60s, 15, 150ms), std::nullopt) << "they queued in the driver, the others were lost";
  EXPECT_TRUE(pass(10s, 15, 75ms)) << "in the dark a picture takes as long as it is exposed";
}

TEST_F(RateJudgeTest, SilenceIsNotASlowMode) {
  pass(5s, 30);
  EXPECT_EQ(pass(30s, 0), std::nullopt);
}

}  // namespace
}  // namespace bigfoot::media
