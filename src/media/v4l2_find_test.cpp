#include "media/v4l2_find.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

V4l2Found camera(const std::string& node, const std::string& card, const std::string& bus,
                 const std::string& by_id = "") {
  V4l2Device device;
  device.card = card;
  device.bus = bus;
  return {node, by_id, card, device};
}

TEST(V4l2Find, TheOnlyCameraNeedsNoName) {
  EXPECT_EQ(pick_v4l2({camera("/dev/video2", "HD Webcam", "usb-1")}, "").value().path(), "/dev/video2");
  EXPECT_EQ(pick_v4l2({camera("/dev/video2", "HD Webcam", "usb-1", "/dev/v4l/by-id/usb-HD")}, "").value().path(),
            "/dev/v4l/by-id/usb-HD");
  const auto none = pick_v4l2({}, "");
  EXPECT_EQ(none.error().what, "there is no camera");
  EXPECT_EQ(none.error().next, Next::restart_pipeline) << "it may be plugged in";
}

TEST(V4l2Find, ByItsNameOrHowItBegins) {
  const std::vector<V4l2Found> cameras{camera("/dev/video0", "HD Webcam", "usb-1"),
                                       camera("/dev/video2", "HD Webcam C920", "usb-2"),
                                       camera("/dev/video4", "Thermal", "usb-3")};
  EXPECT_EQ(pick_v4l2(cameras, "HD Webcam").value().path(), "/dev/video0") << "the exact one goes first";
  EXPECT_EQ(pick_v4l2(cameras, "hd webcam c").value().path(), "/dev/video2");
  EXPECT_EQ(pick_v4l2(cameras, "Therm").value().path(), "/dev/video4");
  const auto several = pick_v4l2(cameras, "HD");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().what, "2 cameras are there whose name begins with \"HD\"");
  EXPECT_EQ(several.error().fix, "say which: v4l2:/dev/video0 (HD Webcam) · v4l2:/dev/video2 (HD Webcam C920)");
  EXPECT_THAT(pick_v4l2(cameras, "").error().what, HasSubstr("3 cameras are there"));
  const auto none = pick_v4l2(cameras, "Stereo");
  EXPECT_EQ(none.error().what, "there is no camera named \"Stereo\"");
  EXPECT_THAT(none.error().fix, HasSubstr("v4l2:/dev/video4 (Thermal)"));
}

TEST(V4l2Find, SeveralNodesOfOneDeviceAreOneCamera) {
  EXPECT_EQ(
      pick_v4l2({camera("/dev/video0", "C920", "usb-1"), camera("/dev/video2", "C920", "usb-1")}, "").value().path(),
      "/dev/video0");
  EXPECT_FALSE(pick_v4l2({camera("/dev/video0", "C920", "usb-1"), camera("/dev/video2", "C920", "usb-2")}, "C920"))
      << "two of a kind";
  V4l2Found depth = camera("/dev/video0", "D435", "usb-1"), colour = camera("/dev/video2", "D435", "usb-1");
  EXPECT_EQ(pick_v4l2({depth, colour}, "D435").value().path(), "/dev/video0") << "neither says what it gives";
  colour.device->modes.push_back({"YUYV", {640, 480}, {640, 480}, {1, 1}, {{30, 1}}, false});
  EXPECT_EQ(pick_v4l2({depth, colour}, "D435").value().path(), "/dev/video2") << "depth is no picture";
}

}  // namespace
}  // namespace bigfoot::media
