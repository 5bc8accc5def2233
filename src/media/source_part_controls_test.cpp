// What an opening does with controls that the camera refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/fake_camera_testing.hpp"
#include "media/hand_loop_testing.hpp"
#include "media/source_part.hpp"
#include "media/stderr_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Size size{320, 180};

V4l2Device camera(const std::string& card, const std::string& control) {
  V4l2Device device;
  device.card = card;
  device.modes = {{"NV12", size, size, {1, 1}, {{30, 1}}, false}};
  V4l2Control one;
  one.name = control;
  one.max = 10;
  device.controls = {one};
  return device;
}

/// /dev/null is a device that opens and takes no control.
struct SourceControlsTest : testing::Test, SourcePartListener {
  static void SetUpTestSuite() {
    ASSERT_TRUE(gst::start());
    register_fake_camera();
  }
  void on_source_fault(const Error& error, Nanos) override { faults.push_back(error.text()); }
  void on_controls_refused(const std::vector<ControlRefusal>& refused,
                           const std::vector<ControlSetting>& now) override {
    for (const auto& each : refused) refusals.push_back(each.setting);
    kept = now;
    if (stops_when_refused) part->stop();
  }
  void start_with(const std::string& uri, const std::vector<V4l2Device>& devices) {
    V4l2Places places;
    places.element = fake_camera;
    places.inspect = [devices, next = std::make_shared<std::size_t>(0)](const std::string&, Size) {
      const V4l2Device device = devices.at(std::min(*next, devices.size() - 1));
      ++*next;
      return Result<V4l2Device>(device);
    };
    settings.source = *parse_source_uri(uri);
    settings.request.v4l2 = std::make_shared<V4l2Cameras>(places);
    part = std::make_unique<SourcePart>(loop, settings, feed, ledger, *this, Log(writer));
    part->start("video/x-raw,format=I420");
    ASSERT_TRUE(opened());
  }
  bool opened() {
    return loop.run_until([&] { return part->runner().open() || !faults.empty(); }) && faults.empty();
  }
  void open_anew() {
    settings.source.turn.rotate = settings.source.turn.rotate == Rotate::by_180 ? Rotate::none : Rotate::by_180;
    part->change(settings);
    ASSERT_TRUE(opened());
  }
  /// What the log says of refusals, one line each.
  std::vector<std::string> said(CapturedStderr& captured) {
    writer.reset();
    part.reset();
    std::istringstream text(captured.take());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
      if (line.find("camera.control_refused") != std::string::npos) lines.push_back(line);
    return lines;
  }

  HandLoop loop;
  std::shared_ptr<LogWriter> writer;
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(std::make_shared<CameraControl>(), ledger);
  std::vector<std::string> faults;
  std::vector<ControlSetting> refusals, kept;
  bool stops_when_refused = false;
  CaptureSettings settings{*parse_source_uri("v4l2:/dev/null"), {size, {30, 1}}, {1h, 1h, 1h}};
  std::unique_ptr<SourcePart> part;
};

TEST_F(SourceControlsTest, WhatOneOpeningRefusesIsSaidAndAskedAgainAtTheNext) {
  CapturedStderr captured;
  writer = std::make_shared<LogWriter>(LogWriter::Options{});
  start_with("v4l2:/dev/null?brightness=3",
             {camera("Another", "gain"), camera("Another", "gain"), camera("HD Webcam", "brightness")});
  open_anew();
  open_anew();
  EXPECT_THAT(refusals, IsEmpty());
  EXPECT_THAT(said(captured),
              ElementsAre(HasSubstr("Another has no control"), HasSubstr("/dev/null refuses brightness=3")))
      << "the same is said once";
}

TEST_F(SourceControlsTest, WhatAChangeAskedWithItIsTakenBack) {
  start_with("v4l2:/dev/null?brightness=3", {camera("Another", "gain")});
  settings.source.controls.push_back({"contrast", 4});
  open_anew();
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"contrast", 4}));
  EXPECT_THAT(kept, ElementsAre(ControlSetting{"brightness", 3}));
}

TEST_F(SourceControlsTest, WhoHearsOfARefusalMayStopTheCameraAtOnce) {
  start_with("v4l2:/dev/null", {camera("Another", "gain")});
  stops_when_refused = true;
  settings.source.controls.push_back({"contrast", 4});
  settings.source.turn.rotate = Rotate::by_180;
  part->change(settings);
  ASSERT_TRUE(loop.run_until([&] { return part->stopped(); }));
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"contrast", 4}));
}

}  // namespace
}  // namespace bigfoot::media
