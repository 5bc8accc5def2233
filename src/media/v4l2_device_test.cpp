#include "media/v4l2_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

TEST(V4l2Device, WhatIsMissingOrNoCameraIsSaid) {
  const auto missing = ask_v4l2("/dev/video-that-is-not-there");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().text(), HasSubstr("/dev/video-that-is-not-there does not open: No such file"));
  EXPECT_THAT(missing.error().fix, HasSubstr("plugged in"));
  EXPECT_EQ(missing.error().next, Next::restart_pipeline);
  const auto other = ask_v4l2("/dev/null");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().what, HasSubstr("/dev/null is not a V4L2 device"));
  V4l2Device metadata;
  metadata.card = "HD Webcam";
  EXPECT_TRUE(if_captures("/dev/video1", metadata));
  metadata.captures = false;
  EXPECT_EQ(if_captures("/dev/video1", metadata).error().what, "/dev/video1 (HD Webcam) gives no pictures");
}

V4l2Device camera(const std::string& card, std::vector<V4l2Mode> modes = {}) {
  V4l2Device device;
  device.card = card;
  device.modes = std::move(modes);
  return device;
}

TEST(V4l2Paste, TheLineWorksWithTheCameraAsItIs) {
  const V4l2Mode small{"YUYV", {640, 480}, {640, 480}, {1, 1}, {{30000, 1001}, {15, 1}}, false};
  const V4l2Mode large{"MJPG", {1280, 720}, {1280, 720}, {1, 1}, {{30, 1}}, false};
  const V4l2Mode own{"H264", {1280, 720}, {1280, 720}, {1, 1}, {{30, 1}}, false};
  const std::string by_id = "/dev/v4l/by-id/usb-Cam-video-index0";
  EXPECT_EQ(paste_line({"/dev/video0", by_id, "Cam", camera("Cam", {small, large})}),
            "--camera 'front=v4l2:/dev/v4l/by-id/usb-Cam-video-index0'");
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", camera("Cam", {small})}, "rear"),
            "--camera 'rear=v4l2:/dev/video0?size=640x480&fps=30000/1001'");
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", camera("Cam", {small, own})}), "--camera 'front=v4l2:/dev/video0'");
  const V4l2Mode fast{"NV12", {640, 480}, {640, 480}, {1, 1}, {{60, 1}}, false};
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", camera("Cam", {fast})}),
            "--camera 'front=v4l2:/dev/video0?size=640x480&fps=30'")
      << "of a faster camera only the pictures that are wanted";
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", fail("busy")}), "--camera 'front=v4l2:/dev/video0'");
}

}  // namespace
}  // namespace bigfoot::media
