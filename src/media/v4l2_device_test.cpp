#include "media/v4l2_device.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

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

/// A machine of our own making: nodes are empty files, by-id names are links as udev makes them.
struct V4l2List : testing::Test {
  fs::path root = fs::temp_directory_path() / ("bigfoot-v4l2-" + std::to_string(getpid()));
  std::map<std::string, Result<V4l2Device>> answers;
  V4l2Places places;

  void SetUp() override {
    fs::create_directories(root / "dev/v4l/by-id");
    places.dev = root / "dev";
    places.sys = root / "sys";
    places.inspect = [this](const std::string& path) { return answers.at(fs::path(path).filename()); };
  }
  void TearDown() override { fs::remove_all(root); }

  void add(const std::string& node, Result<V4l2Device> answer, const std::string& by_id = "", int index = 0) {
    std::ofstream(root / "dev" / node);
    if (!by_id.empty()) fs::create_symlink("../../" + node, root / "dev/v4l/by-id" / by_id);
    fs::create_directories(root / "sys" / node);
    std::ofstream(root / "sys" / node / "index") << index << "\n";
    std::ofstream(root / "sys" / node / "name") << "Card of " << node << "\n";
    answers.emplace(node, std::move(answer));
  }
};

V4l2Device camera(const std::string& card, std::vector<V4l2Mode> modes = {}) {
  V4l2Device device;
  device.card = card;
  device.modes = std::move(modes);
  return device;
}
V4l2Device no_camera(const std::string& card) {
  V4l2Device device = camera(card);
  device.captures = false;
  return device;
}

TEST_F(V4l2List, CamerasByNumberWithTheirLastingNames) {
  add("video10", camera("Rear"));
  add("video2", camera("Front"), "usb-Front_1-video-index0");
  add("video3", no_camera("Front"), "usb-Front_1-video-index1", 1);
  std::ofstream(root / "dev/videodisc");
  const auto found = list_v4l2(places);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].card, "Front");
  EXPECT_EQ(found[0].node, root / "dev/video2");
  EXPECT_EQ(found[0].by_id, root / "dev/v4l/by-id/usb-Front_1-video-index0");
  EXPECT_EQ(found[0].path(), found[0].by_id);
  EXPECT_EQ(found[1].card, "Rear");
  EXPECT_EQ(found[1].path(), root / "dev/video10");
}

TEST_F(V4l2List, OneThatDoesNotOpenIsListedOnceWithTheReason) {
  const Error denied{"/dev/video0 does not open: Permission denied", "add this user to the group video"};
  add("video0", tl::unexpected(denied));
  add("video1", tl::unexpected(denied), "", 1);  // its metadata
  const auto found = list_v4l2(places);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].card, "Card of video0");
  ASSERT_FALSE(found[0].device);
  EXPECT_EQ(found[0].device.error().fix, "add this user to the group video");
}

TEST_F(V4l2List, AMachineWithoutCamerasHasAnEmptyList) {
  EXPECT_TRUE(list_v4l2(places).empty());
  places.dev = root / "nowhere";
  EXPECT_TRUE(list_v4l2(places).empty());
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
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", camera("Cam", {small, own})}),
            "--camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=h264'");
  const V4l2Mode fast{"NV12", {640, 480}, {640, 480}, {1, 1}, {{60, 1}}, false};
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", camera("Cam", {fast})}),
            "--camera 'front=v4l2:/dev/video0?size=640x480&fps=30'")
      << "of a faster camera only the pictures that are wanted";
  EXPECT_EQ(paste_line({"/dev/video0", "", "Cam", fail("busy")}), "--camera 'front=v4l2:/dev/video0'");
}

}  // namespace
}  // namespace bigfoot::media
