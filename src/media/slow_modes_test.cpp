#include "media/slow_modes.hpp"

#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

constexpr Timestamp now{1h};
const V4l2Choice yuyv{"YUYV", {640, 480}, {30, 1}}, rgb{"RGB3", {640, 480}, {30, 1}}, mjpg{"MJPG", {640, 480}, {30, 1}};
const std::vector<V4l2Choice> modes{yuyv, rgb, mjpg};

TEST(SlowModes, AnotherKindThenOneMoreOfEachThenTheFastest) {
  const V4l2Choice uyvy{"UYVY", {640, 480}, {30, 1}};
  const std::vector<V4l2Choice> four{yuyv, uyvy, rgb, mjpg};
  SlowModes slow;
  EXPECT_EQ(slow.found(yuyv, 14, four, now), mjpg) << "less to carry";
  EXPECT_EQ(pick_v4l2_mode(four, slow.ruled_out(now)), mjpg);
  EXPECT_EQ(slow.found(mjpg, 10, four, now), uyvy);
  EXPECT_EQ(slow.found(uyvy, 12, four, now), yuyv) << "a third raw one would be no better: the first gave the most";
  EXPECT_EQ(pick_v4l2_mode(four, slow.ruled_out(now)), yuyv);
  EXPECT_EQ(slow.found(yuyv, 14, four, now), std::nullopt) << "and it stays";
}

TEST(SlowModes, OneThatGivesHardlyMoreIsNotWorthAGap) {
  SlowModes slow;
  EXPECT_EQ(slow.found(yuyv, 14.5, {yuyv, mjpg}, now), mjpg);
  EXPECT_EQ(slow.found(mjpg, 14, {yuyv, mjpg}, now), std::nullopt);
  EXPECT_EQ(slow.found(mjpg, 8, {yuyv, mjpg}, now), yuyv) << "by what it gave last";
}

TEST(SlowModes, TheOnlyOneStays) { EXPECT_EQ(SlowModes().found(yuyv, 5, {yuyv}, now), std::nullopt); }

TEST(SlowModes, AreForgottenAfterAWhile) {
  SlowModes slow;
  EXPECT_TRUE(slow.found(yuyv, 14, modes, now));
  EXPECT_TRUE(slow.found(mjpg, 14, modes, now + 5min));
  EXPECT_EQ(slow.ruled_out(now + 9min).size(), 2u);
  EXPECT_EQ(slow.ruled_out(now + 10min).size(), 1u);
  EXPECT_EQ(pick_v4l2_mode(modes, slow.ruled_out(now + 10min)), yuyv);
  slow.forget();
  EXPECT_TRUE(slow.ruled_out(now).empty());
}

}  // namespace
}  // namespace bigfoot::media
