#include "media/v4l2_cameras.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A machine of our own making: nodes are empty files, by-id names are links as udev makes them.
struct V4l2CamerasTest : testing::Test {
  /// What a thread that hangs may still use when the test is over.
  struct Drivers {
    std::map<std::string, Result<V4l2Device>> answers;
    std::promise<void> release;  ///< of video7, whose driver hangs until then
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<int> asked_the_hanging{0};
  };
  fs::path root = fs::temp_directory_path() / ("bigfoot-v4l2-" + std::to_string(getpid()));
  const std::shared_ptr<Drivers> drivers = std::make_shared<Drivers>();
  V4l2Places places;

  void SetUp() override {
    fs::create_directories(root / "dev/v4l/by-id");
    places.dev = root / "dev";
    places.sys = root / "sys";
    places.answers_within = 50ms;
    places.inspect = [drivers = drivers](const std::string& path, Size) {
      const std::string node = fs::path(path).filename();
      if (node == "video7") {
        ++drivers->asked_the_hanging;
        drivers->released.wait();
      }
      return drivers->answers.at(node);
    };
  }
  void TearDown() override { fs::remove_all(root); }

  void add(const std::string& node, Result<V4l2Device> answer, const std::string& by_id = "", int index = 0) {
    std::ofstream(root / "dev" / node);
    if (!by_id.empty()) fs::create_symlink("../../" + node, root / "dev/v4l/by-id" / by_id);
    fs::create_directories(root / "sys" / node);
    std::ofstream(root / "sys" / node / "index") << index << "\n";
    std::ofstream(root / "sys" / node / "name") << "Card of " << node << "\n";
    drivers->answers.emplace(node, std::move(answer));
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

TEST_F(V4l2CamerasTest, CamerasByNumberWithTheirLastingNames) {
  add("video10", camera("Rear"));
  add("video2", camera("Front"), "usb-Front_1-video-index0");
  add("video3", no_camera("Front"), "usb-Front_1-video-index1", 1);
  std::ofstream(root / "dev/videodisc");
  const auto found = V4l2Cameras(places).list(20s);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].card, "Front");
  EXPECT_EQ(found[0].node, root / "dev/video2");
  EXPECT_EQ(found[0].by_id, root / "dev/v4l/by-id/usb-Front_1-video-index0");
  EXPECT_EQ(found[0].path(), found[0].by_id);
  EXPECT_EQ(found[1].card, "Rear");
  EXPECT_EQ(found[1].path(), root / "dev/video10");
}

TEST_F(V4l2CamerasTest, OneThatDoesNotOpenIsListedOnceWithTheReason) {
  const Error denied{"/dev/video0 does not open: Permission denied", "add this user to the group video"};
  add("video0", tl::unexpected(denied));
  add("video1", tl::unexpected(denied), "", 1);  // its metadata
  const auto found = V4l2Cameras(places).list(20s);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].card, "Card of video0");
  ASSERT_FALSE(found[0].device);
  EXPECT_EQ(found[0].device.error().fix, "add this user to the group video");
}

TEST_F(V4l2CamerasTest, AMachineWithoutCamerasHasAnEmptyList) {
  EXPECT_TRUE(V4l2Cameras(places).list(20s).empty());
  places.dev = root / "nowhere";
  EXPECT_TRUE(V4l2Cameras(places).list(20s).empty());
}

/// For what a busy machine may not have answered in time.
bool until(const std::function<bool()>& good) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < end) {
    if (good()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

TEST_F(V4l2CamerasTest, ADriverThatHangsHidesNoOtherCamera) {
  add("video2", camera("Front"));
  add("video7", camera("Rear"));
  V4l2Cameras cameras(places);
  EXPECT_TRUE(until([&] {
    const auto front = cameras.find("", "Front");
    return front && front->device && front->path() == root / "dev/video2";
  }));
  const auto found = cameras.list(50ms);
  ASSERT_EQ(found.size(), 2u);
  ASSERT_FALSE(found[1].device);
  EXPECT_THAT(found[1].device.error().what, HasSubstr("video7 does not answer"));
  EXPECT_EQ(found[1].card, "Card of video7");
  const auto rear = cameras.find("", "Card of video7");
  ASSERT_TRUE(rear) << rear.error().text();
  EXPECT_EQ(rear->device.error().next, Next::restart_pipeline) << "and it holds up nobody who wants that one";
  EXPECT_EQ(drivers->asked_the_hanging, 1) << "each question would keep a thread";
  drivers->release.set_value();
  EXPECT_TRUE(until([&] {
    const auto back = cameras.find("", "Rear");
    return back && back->device;
  }));
}

TEST_F(V4l2CamerasTest, OneIsFoundByItsPathTooUnlessItGivesNoPictures) {
  add("video2", camera("Front"));
  add("video3", no_camera("Front"));
  V4l2Cameras cameras(places);
  const auto front = cameras.find(root / "dev/video2", "");
  ASSERT_TRUE(front) << front.error().text();
  EXPECT_EQ(front->path(), root / "dev/video2");
  EXPECT_EQ(front->card, "Front");
  EXPECT_THAT(cameras.find(root / "dev/video3", "").error().what, HasSubstr("gives no pictures"));
}

}  // namespace
}  // namespace bigfoot::media
