#include "media/v4l2_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

/// What most USB cameras give: 720p at 30 only as MJPEG.
const V4l2Device webcam{"HD Webcam C270",
                        {{false, "YUYV", {640, 480}, {640, 480}, 30},
                         {false, "YUYV", {1280, 720}, {1280, 720}, 10},
                         {true, "MJPG", {640, 480}, {640, 480}, 30},
                         {true, "MJPG", {1280, 720}, {1280, 720}, 30}},
                        true};
/// A range of sizes, as a CSI camera behind unicam says it.
const V4l2Device ranged{"unicam", {{false, "UYVY", {1920, 1080}, {32, 32}, 0}}, false};

TEST(V4l2Mode, RawWhereItIsFastEnoughElseMjpeg) {
  EXPECT_EQ(choose_v4l2_mode(webcam, V4l2Format::automatic, {640, 480}, {30, 1})->fourcc, "YUYV");
  EXPECT_EQ(choose_v4l2_mode(webcam, V4l2Format::automatic, {1280, 720}, {30, 1})->fourcc, "MJPG");
  EXPECT_EQ(choose_v4l2_mode(webcam, V4l2Format::automatic, {1280, 720}, {10, 1})->fourcc, "YUYV");
  EXPECT_EQ(choose_v4l2_mode(webcam, V4l2Format::mjpeg, {640, 480}, {30, 1})->fourcc, "MJPG");
  EXPECT_EQ(choose_v4l2_mode(webcam, V4l2Format::automatic, {1280, 720}, {30000, 1001})->fourcc, "MJPG");
  EXPECT_EQ(choose_v4l2_mode(ranged, V4l2Format::automatic, {1280, 720}, {30, 1})->fourcc, "UYVY");
}

TEST(V4l2Mode, ARefusalListsWhatThereIs) {
  const auto fast = choose_v4l2_mode(webcam, V4l2Format::automatic, {1280, 720}, {60, 1});
  ASSERT_FALSE(fast);
  EXPECT_EQ(fast.error().what, "HD Webcam C270 does not give 1280x720 at 60 fps");
  EXPECT_THAT(
      fast.error().fix,
      HasSubstr(
          "640x480 at 30 fps (raw), 1280x720 at 10 fps (raw), 640x480 at 30 fps (mjpeg), 1280x720 at 30 fps (mjpeg)"));
  const auto raw = choose_v4l2_mode(webcam, V4l2Format::raw, {1280, 720}, {30, 1});
  ASSERT_FALSE(raw);
  EXPECT_THAT(raw.error().what, HasSubstr("as raw"));
  EXPECT_FALSE(choose_v4l2_mode(ranged, V4l2Format::mjpeg, {640, 480}, {30, 1}));
  EXPECT_THAT(choose_v4l2_mode({"depth", {}, false}, V4l2Format::automatic, {640, 480}, {30, 1}).error().fix,
              HasSubstr("neither raw nor MJPEG"));
}

TEST(V4l2Device, WhatIsMissingOrNoCameraIsSaid) {
  const auto missing = inspect_v4l2("/dev/video-that-is-not-there");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().text(), HasSubstr("/dev/video-that-is-not-there does not open: No such file"));
  EXPECT_THAT(missing.error().fix, HasSubstr("plugged in"));
  EXPECT_EQ(missing.error().next, Next::restart_pipeline);
  const auto other = inspect_v4l2("/dev/null");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().what, HasSubstr("/dev/null is not a V4L2 device"));
}

}  // namespace
}  // namespace bigfoot::media
