// Other settings for a camera that runs.

#include <gmock/gmock.h>

#include "media/camera_testing.hpp"

namespace bigfoot::media {
namespace {

struct CameraApplyTest : CameraTest {
  CameraSettings small(const std::string& more = "") {
    CameraSettings settings = settings_for("test:?pattern=plain" + more);
    settings.size = {320, 180};
    settings.encoder = "openh264enc";
    return settings;
  }
  /// The next picture that is not of what played before.
  h264::AccessUnit next_keyframe() {
    const auto found = [&] {
      const auto units = viewer.units();
      return std::any_of(units.begin(), units.end(), [](const auto& unit) { return unit.keyframe; });
    };
    require(wait(found, 20s), "no key frame");
    const auto units = viewer.units();
    return *std::find_if(units.begin(), units.end(), [](const auto& unit) { return unit.keyframe; });
  }
};

TEST_F(CameraApplyTest, AnotherSizeAndRateBeginANewStreamWithAKeyFrame) {
  run(small());
  run_frames(5);
  const Timestamp before = viewer.units().back().captured;
  CameraSettings other = small();
  other.size = {480, 270};
  other.fps = {15, 1};
  camera->apply(other);
  viewer.forget();
  const h264::AccessUnit first = next_keyframe();
  EXPECT_EQ(sps_of(first).size, (Size{480, 270}));
  EXPECT_GT(first.captured, before) << "one clock goes on";
  run_frames(10);
  EXPECT_EQ(camera->stats().size, (Size{480, 270}));
  EXPECT_GT(interval_of(viewer.units()), 50ms);
  EXPECT_EQ(camera->state(), CameraState::running);
}

TEST_F(CameraApplyTest, ALargerPictureHasTheLevelItNeeds) {
  run(small());
  CameraSettings other = small();
  other.size = {1280, 720};
  other.fps = {60, 1};
  camera->apply(other);
  viewer.forget();
  const h264::Sps sps = sps_of(next_keyframe());
  EXPECT_GE(sps.profile.level_idc, 32);
  EXPECT_EQ(camera->stats().profile_level_id, sps.profile.text());
}

TEST_F(CameraApplyTest, AnotherEncoderIsTheOneThatWorks) {
  run(small());
  run_frames(5);
  EXPECT_EQ(camera->stats().encoder, "openh264enc");
  CameraSettings other = small();
  other.encoder = "x264enc";
  camera->apply(other);
  require(wait([&] { return camera->stats().encoder == "x264enc"; }), "the encoder stayed");
  viewer.forget();
  EXPECT_EQ(sps_of(next_keyframe()).size, (Size{320, 180}));
}

TEST_F(CameraApplyTest, ASizeThatItsEncoderDoesNotTakeIsTakenBack) {
  run(small());
  run_frames(5);
  CameraSettings other = small("&size=8192x4320&rotate=180");  // openh264enc ends at 9,437,184 pixels
  camera->apply(other);
  EXPECT_FALSE(camera->settled());
  require(wait([&] { return viewer.settled == 1; }), "not settled");
  ASSERT_EQ(viewer.refused.size(), 1u);
  EXPECT_EQ(viewer.refused[0].key, "size");
  EXPECT_EQ(viewer.refused[0].asked, "8192x4320");
  EXPECT_EQ(viewer.refused[0].kept, "320x180");
  EXPECT_EQ(camera->settings().size, (Size{320, 180}));
  EXPECT_EQ(camera->settings().source.turn.rotate, Rotate::by_180) << "the rest is taken";
  camera->apply(camera->settings());
  viewer.forget();
  camera->request_keyframe();
  EXPECT_EQ(sps_of(next_keyframe()).size, (Size{320, 180}));
  run_frames(5);
}

TEST_F(CameraApplyTest, WhyASourceDoesNotOpenIsKnownWhenItHasBeenTried) {
  run(small());
  const auto apply = [&](const std::string& uri) {
    CameraSettings other = small();
    other.source = settings_for(uri).source;
    const int before = viewer.settled;
    camera->apply(other);
    EXPECT_FALSE(camera->settled()) << uri;
    ASSERT_TRUE(wait([&] { return viewer.settled > before; })) << uri;
  };
  apply("file:/no/such.mp4");
  ASSERT_TRUE(camera->stats().source_fault);
  EXPECT_EQ(camera->stats().source_fault->what, "there is no file /no/such.mp4");
  EXPECT_FALSE(camera->stats().source_fault->fix.empty());
  EXPECT_FALSE(camera->stats().encoder_fault);
  // As many cameras: it says yes, and no when it is to give its first picture.
  apply("gst:videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! identity error-after=1");
  ASSERT_TRUE(camera->stats().source_fault);
  EXPECT_NE(camera->stats().source_fault->what, "there is no file /no/such.mp4");
  apply("test:?pattern=plain");
  EXPECT_FALSE(camera->stats().source_fault);
  viewer.faults.clear();
  run_frames(5);
}

TEST_F(CameraApplyTest, AnotherTurnOfThePictureLeavesTheEncoderAlone) {
  run(small());
  run_frames(5);
  const auto states = viewer.states.size();
  const auto restarts = camera->stats().restarts;
  camera->apply(small("&rotate=180"));
  require(wait([&] { return camera->stats().restarts == restarts + 1; }), "its source was not opened anew");
  viewer.forget();
  run_frames(10);
  const auto units = viewer.units();
  EXPECT_TRUE(std::none_of(units.begin(), units.end(), [](const auto& unit) { return unit.keyframe; }));
  EXPECT_EQ(viewer.states.size(), states) << "it runs on";
}

TEST_F(CameraApplyTest, AnotherBitRateTouchesNeither) {
  run(small());
  run_frames(5);
  const auto restarts = camera->stats().restarts;
  CameraSettings other = small();
  other.bitrate = {400'000};
  camera->apply(other);
  run_frames(10);
  EXPECT_EQ(camera->stats().restarts, restarts);
  EXPECT_EQ(camera->settings().bitrate.bps, 400'000);
}

TEST_F(CameraApplyTest, ACameraThatWasNotStartedTakesThemWhenItIs) {
  make(small());
  CameraSettings other = small();
  other.size = {160, 120};
  camera->apply(other);
  EXPECT_EQ(camera->state(), CameraState::stopped);
  camera->start();
  camera->wake();
  EXPECT_EQ(sps_of(next_keyframe()).size, (Size{160, 120}));
}

}  // namespace
}  // namespace bigfoot::media
