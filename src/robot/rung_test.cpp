#include "robot/rung.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/testing.hpp"

namespace bigfoot::robot {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

struct FakeViewer final : RungSubscriber {
  void on_settings() override { ++settings; }
  int settings = 0;
  void on_frame(std::size_t track, const h264::FramePtr& frame) override {
    frames.push_back(frame);
    tracks.push_back(track);
  }
  Nanos rtt() const override { return round_trip; }
  std::size_t keyframes() const {
    return static_cast<std::size_t>(
        std::count_if(frames.begin(), frames.end(), [](const auto& f) { return f->keyframe; }));
  }
  std::vector<h264::FramePtr> frames;
  std::vector<std::size_t> tracks;
  Nanos round_trip = 20ms;
};

class RungTest : public RobotLab {
 public:
  ~RungTest() override {
    for (const auto& each : rungs)
      for (FakeViewer* viewer : {&one, &two}) each->unsubscribe(*viewer);
  }

 protected:
  FakeViewer one, two;
  Rung& rung = add_camera("front");
  FakeCamera& camera = *cameras.front();
};

TEST_F(RungTest, TheEncoderSleepsUntilTheFirstAndAfterTheLastViewer) {
  film(3);
  EXPECT_EQ(camera.encoded, 0u);
  auto first = rung.keep_awake();
  auto second = rung.keep_awake();
  film(3);
  EXPECT_EQ(camera.encoded, 3u);
  first.reset();
  film(3);
  EXPECT_EQ(camera.encoded, 6u) << "somebody is still there";
  second.reset();
  film(3);
  EXPECT_EQ(camera.encoded, 6u);
  EXPECT_EQ(camera.captured, 12u) << "the camera stays warm";
}

TEST_F(RungTest, WhoLooksAwayAndBackTakesFromTheBucketEachTime) {
  auto awake = rung.keep_awake();
  film(30);
  EXPECT_EQ(camera.keyframes, 1u);
  for (int i = 0; i < 300; ++i) {  // 20 s
    awake.reset();
    film(1);
    awake = rung.keep_awake();
    film(1);
  }
  EXPECT_LE(camera.keyframes, 3u + 11u) << "three at once, then one in two seconds";
  EXPECT_GE(camera.keyframes, 6u);
  const auto before = camera.keyframes;
  film(62);
  EXPECT_TRUE(camera.awake);
  EXPECT_EQ(camera.keyframes, before + 1) << "who stays has its key frame within two seconds";
}

TEST_F(RungTest, WhoKeepsItAwakeMayOutliveIt) {
  const auto awake = rung.keep_awake();
  rungs.clear();
}

TEST_F(RungTest, WhatIsPassedThroughGivesNoKeyFrameAndNoRateOnRequestAndSaysSo) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  rung.report();
  EXPECT_EQ(counters.camera("front").can_idr.value(), 1);
  EXPECT_EQ(counters.camera("front").can_bitrate.value(), 1);
  camera.passed_through = true;
  camera.frames_passed = 7;
  rung.want_keyframe(one);
  camera.give(true, 10'000);
  loop.run_posted();
  rung.report();
  const CameraMetrics shown = counters.camera("front");
  EXPECT_EQ(shown.can_idr.value(), 0);
  EXPECT_EQ(shown.can_bitrate.value(), 0);
  EXPECT_EQ(shown.passed.value(), 7);
  EXPECT_EQ(shown.keyframes_viewer.value(), 0) << "it came by itself";
  EXPECT_TRUE(rung.status().passed_through);
}

TEST_F(RungTest, PacersLetLargeKeyFramesOfACameraThrough) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  camera.passed_through = true;
  const Bitrate asked = rung.bitrate();
  const int before = one.settings;
  camera.give(true, 100'000);
  loop.run_posted();
  EXPECT_GE(rung.bitrate().bps, 8'000'000) << "at 2.5 times that it leaves within 40 ms";
  EXPECT_GT(one.settings, before) << "before the picture is handed on";
  camera.passed_through = false;
  camera.give(true, 5'000);
  loop.run_posted();
  EXPECT_EQ(rung.bitrate(), asked);
}

TEST_F(RungTest, ALevelOfTheSourcesOwnIsAgreedAnew) {
  int told = 0;
  rung.on_other_profile([&] { ++told; });
  camera.restart("42c01f");
  EXPECT_EQ(told, 0);
  camera.profile_level_id = "42c028";
  camera.listener().on_stream();
  EXPECT_EQ(told, 1);
  camera.listener().on_stream();
  EXPECT_EQ(told, 1);
}

/// Who joins while it is encoded here has agreed to the level of our encoder.
TEST_F(RungTest, TheSourcesOwnLevelIsAgreedAnewWheneverItComesBack) {
  camera.restart("42c028");
  int told = 0;
  rung.on_other_profile([&] { ++told; });
  for (const char* profile : {"42c01f", "42c028"}) {
    camera.profile_level_id = profile;
    camera.listener().on_stream();
  }
  EXPECT_EQ(told, 2);
}

TEST_F(RungTest, APlaceholderOfALowerLevelThanTheSourcesOwnIsNoNews) {
  camera.restart("42c01f");
  camera.profile_level_id = "42c028";
  camera.listener().on_stream();
  int told = 0;
  rung.on_other_profile([&] { ++told; });
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  for (const bool passes : {true, false, true}) {
    camera.passed_through = passes;
    camera.sps = sps_of(0x42, 0xc0, passes ? 40 : 31);
    camera.give(true, 5'000);
    loop.run_posted();
    EXPECT_EQ(rung.profile_level_id(), "42c028");
  }
  EXPECT_EQ(told, 0) << "nothing would raise it again when the camera is back";
  EXPECT_THAT(one.frames, SizeIs(3));
}

TEST_F(RungTest, APictureIsCutOnceForAllViewers) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  rung.subscribe(two, 5);
  film(4);
  ASSERT_THAT(one.frames, SizeIs(4));
  EXPECT_EQ(one.frames, two.frames) << "the same objects";
  EXPECT_THAT(one.tracks, Each(0u));
  EXPECT_THAT(two.tracks, Each(5u));
  rung.unsubscribe(two);
  film(2);
  EXPECT_THAT(two.frames, SizeIs(4));
  EXPECT_THAT(one.frames, SizeIs(6));
}

TEST_F(RungTest, AViewerAloneGetsItsKeyFramesAtOnceButNoMoreThanItCanUse) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(30);
  one.frames.clear();
  rung.want_keyframe(one);
  film(1);
  EXPECT_EQ(one.keyframes(), 1u) << "the next picture";
  for (int i = 0; i < 90; ++i) {
    rung.want_keyframe(one);
    film(1);
  }
  EXPECT_LE(one.keyframes(), 1u + 90 * 33 / 150 + 1);
  EXPECT_GE(one.keyframes(), 10u);
}

TEST_F(RungTest, RequestsOfManyAreCoalescedAndNoneIsLost) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  rung.subscribe(two, 0);
  film(30);
  one.frames.clear();
  for (int i = 0; i < 300; ++i) {
    rung.want_keyframe(one);
    rung.want_keyframe(two);
    film(1);
  }
  EXPECT_LE(one.keyframes(), 3u + 5u + 1u) << "three at once, then one in two seconds";
  film(90);  // what the flood still waited for
  one.frames.clear();
  rung.want_keyframe(two);
  film(62);
  EXPECT_EQ(one.keyframes(), 1u) << "a single request is answered within two seconds, however many came before";
  film(120);
  EXPECT_EQ(one.keyframes(), 1u) << "and once";
}

TEST_F(RungTest, AKeyFrameThatDoesNotComeIsAskedForAgain) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(5);
  const int before = camera.keyframes_asked;
  rung.want_keyframe(one);
  loop.advance(1600ms);  // no pictures: the encoder restarts
  EXPECT_EQ(camera.keyframes_asked - before, 4) << "each half second";
}

TEST_F(RungTest, NobodyAsksASleepingEncoder) {
  auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(5);
  rung.want_keyframe(one);
  rung.unsubscribe(one);
  awake.reset();
  const int before = camera.keyframes_asked;
  loop.advance(60s);
  EXPECT_EQ(camera.keyframes_asked, before);
}

TEST_F(RungTest, AStandingLoopGathersNoPicturesAndGoesOnWithAKeyFrame) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(5);
  one.frames.clear();
  const int before = camera.keyframes_asked;
  for (int i = 0; i < 20; ++i) camera.give(false, 8'000);  // the loop does not turn
  loop.run_posted();
  EXPECT_THAT(one.frames, SizeIs(3)) << "two frame times and the one in work";
  EXPECT_EQ(camera.keyframes_asked - before, 1);
  camera.give(false, 8'000);
  loop.run_posted();
  EXPECT_THAT(one.frames, SizeIs(3)) << "refers to a picture that was dropped";
  film(2);
  ASSERT_THAT(one.frames, SizeIs(5));
  EXPECT_TRUE(one.frames[3]->keyframe);
  rung.report();
  EXPECT_EQ(counters.camera("front").dropped_encode.value(), 18) << "seventeen and one";
}

TEST_F(RungTest, WhatFollowsALostPictureIsHeldBackUpToTheNextKeyFrame) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(3);
  camera.listener().on_access_unit(h264::make_unit(Bytes(500, 0x55), 9, loop.now()));  // no start code
  camera.give(false, 1'000);  // was in the encoder before it heard of the request
  camera.give(false, 1'000);
  loop.run_posted();
  EXPECT_THAT(one.frames, SizeIs(3));
  film(3);
  ASSERT_THAT(one.frames, SizeIs(6));
  EXPECT_TRUE(one.frames[3]->keyframe);
  rung.report();
  EXPECT_EQ(counters.camera("front").dropped_encode.value(), 3);
}

TEST_F(RungTest, AKeyFrameThatIsUnusableItselfIsAskedForAgain) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(3);
  const int before = camera.keyframes_asked;
  camera.unusable = 2;  // a picture, and the key frame that was to make good for it
  film(2);
  EXPECT_EQ(camera.keyframes_asked - before, 1);
  film(20);
  EXPECT_EQ(camera.keyframes_asked - before, 2) << "half a second later";
  ASSERT_GT(one.frames.size(), 3u);
  EXPECT_TRUE(one.frames[3]->keyframe);
  film(60);
  EXPECT_EQ(camera.keyframes_asked - before, 2);
  EXPECT_EQ(counters.camera("front").keyframes_viewer.value(), 0) << "no viewer asked";
}

TEST_F(RungTest, AStandingLoopThatGetsNoKeyFrameAsksAgain) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(5);
  const int before = camera.keyframes_asked;
  for (int i = 0; i < 20; ++i) camera.give(false, 8'000);  // the loop does not turn
  loop.advance(1600ms);                                    // and no pictures follow: the encoder restarts
  EXPECT_EQ(camera.keyframes_asked - before, 4);
}

TEST_F(RungTest, ALossThatNobodyWatchesAsksForNothing) {
  auto awake = rung.keep_awake();
  film(5);
  camera.unusable = 2;
  film(1);
  awake.reset();
  const int before = camera.keyframes_asked;
  camera.give(false, 1'000);  // was in the encoder when the last viewer went
  loop.advance(60s);
  EXPECT_EQ(camera.keyframes_asked, before);
}

TEST_F(RungTest, ParameterSetsByThemselvesAreNoLoss) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(3);
  camera.listener().on_access_unit(
      h264::make_unit(h264::annex_b({h264::nal_of(0x67, 20, 1), h264::nal_of(0x68, 5, 2)}), 9, loop.now()));
  film(3);
  EXPECT_THAT(one.frames, SizeIs(6));
  EXPECT_EQ(camera.keyframes, 1u);
  rung.report();
  EXPECT_EQ(counters.camera("front").dropped_encode.value(), 0);
}

TEST_F(RungTest, ACameraWithoutPicturesKeepsItsViewersAndCountsHowLong) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(2);
  rung.report();
  const CameraMetrics counted = counters.camera("front");
  EXPECT_EQ(counted.live.value(), 1);
  camera.trouble = "the camera is gone";
  camera.break_down();
  rung.report();
  EXPECT_EQ(counted.live.value(), 0);
  camera.trouble.clear();
  camera.recoveries = {1500ms};
  camera.encoder_recoveries = {800ms, 900ms};
  camera.placeholders = 20;
  film(2);
  rung.report();
  EXPECT_EQ(counted.live.value(), 1);
  EXPECT_EQ(rung.status().last_recovery.value_or(Recovery{}).took, 1500ms);
  EXPECT_EQ(rung.status().state, "live");
  EXPECT_THAT(metrics.exposition(),
              HasSubstr("bigfoot_recovery_seconds_count{camera=\"front\",kind=\"camera\",robot=\"rover-7\"} 1"));
  EXPECT_THAT(metrics.exposition(),
              HasSubstr("bigfoot_recovery_seconds_count{camera=\"front\",kind=\"encoder\",robot=\"rover-7\"} 2"));
  EXPECT_THAT(metrics.exposition(), HasSubstr("bigfoot_placeholders_total{camera=\"front\",robot=\"rover-7\"} 20"));
  EXPECT_THAT(one.frames, SizeIs(4));
}

struct FaultyTest : RungTest {
  /// What is said of a camera that breaks every `period`.
  std::string said(Nanos period, Nanos span, const Error& error, LogFormat format = LogFormat::text) {
    testing::internal::CaptureStderr();
    {
      FakeCamera* faulty = nullptr;
      const auto make = [&](media::CameraListener& listener) {
        auto made = std::make_unique<FakeCamera>(loop, listener);
        faulty = made.get();
        return made;
      };
      Rung broken(loop, {}, make, counters.camera("faulty"),
                  Log(std::make_shared<LogWriter>(LogWriter::Options{format, LogLevel::error})));
      broken.start();
      const auto breaking = loop.every(period, [&] { faulty->break_down(error); });
      loop.advance(span);
    }
    return testing::internal::GetCapturedStderr();
  }
  std::size_t error_lines(Nanos period, Nanos span) {
    const std::string text = said(period, span, {"the camera is gone", "plug it in", Next::restart_pipeline});
    std::size_t lines = 0;
    for (auto at = text.find("camera.fault"); at != std::string::npos; at = text.find("camera.fault", at + 1)) ++lines;
    return lines;
  }
};

TEST_F(FaultyTest, TheSameFaultAgainAndAgainIsSaidOnceAMinute) {
  EXPECT_EQ(error_lines(500ms, 59s), 1u);
  EXPECT_EQ(error_lines(500ms, 70s), 2u);
  EXPECT_EQ(error_lines(5700ms, 59s), 1u) << "it runs and gives no picture in its five seconds";
}

TEST_F(FaultyTest, TheFaultOfOneThatWorkedForAWhileIsNews) { EXPECT_EQ(error_lines(13s, 59s), 4u); }

TEST_F(FaultyTest, ARefusedModeIsSaidInThreeLinesAndToMachinesInOne) {
  const Error refused{"camera \"front\": /dev/video0 refuses 1280x720 at 30 fps as NV12",
                      "it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30\n"
                      "try: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG'",
                      Next::give_up};
  const std::string text = said(500ms, 5s, refused);
  EXPECT_EQ(text.substr(std::min(text.size(), text.find(' '))), R"( error camera.fault again_in_s=1
  camera "front": /dev/video0 refuses 1280x720 at 30 fps as NV12
    it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30
    try: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG'
)");
  const std::string json = said(500ms, 5s, refused, LogFormat::json);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1) << json;
}

TEST_F(RungTest, KeyFramesAreCountedByWhoWantedThem) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(10);  // the first is the waking encoder's own
  rung.want_keyframe(one);
  film(10);
  EXPECT_EQ(counters.camera("front").keyframes_other.value(), 1);
  EXPECT_EQ(counters.camera("front").keyframes_viewer.value(), 1);
}

TEST_F(RungTest, OtherSettingsGoToTheCameraAndItsViewersHearOfThem) {
  rung.subscribe(one, 0);
  media::CameraSettings settings = rung.settings();
  settings.name = "another";
  settings.bitrate = {700'000};
  settings.fps = {10, 1};
  rung.apply(settings);
  ASSERT_EQ(camera.applied.size(), 1u);
  EXPECT_EQ(camera.applied[0].bitrate.bps, 700'000);
  EXPECT_EQ(camera.applied[0].name, rung.name()) << "its name stays";
  EXPECT_EQ(rung.bitrate().bps, 700'000);
  EXPECT_EQ(rung.frame_interval(), 100ms);
  EXPECT_EQ(one.settings, 1);
}

TEST_F(RungTest, ItsCameraIsAskedToEndBeforeItIsFreed) {
  rungs[0]->end();
  EXPECT_EQ(cameras[0]->state(), media::CameraState::stopped);
}

TEST_F(RungTest, AnotherProfileOfARunningEncoderIsTold) {
  int told = 0;
  rung.on_other_profile([&] { ++told; });
  camera.restart("42c01f");
  EXPECT_EQ(told, 0) << "the first is no other";
  camera.restart("42c01f");
  EXPECT_EQ(told, 0);
  camera.restart("42c028");
  EXPECT_EQ(told, 1);
}

TEST_F(RungTest, AStreamThatBrowsersCouldNotDecodeReachesNobodyAndItsEncoderIsReplaced) {
  const auto awake = rung.keep_awake();
  rung.subscribe(one, 0);
  film(3);
  ASSERT_EQ(one.frames.size(), 3u);
  camera.sps = sps_of(0x4d, 0x40, 31);  // main
  camera.request_keyframe();
  film(3);
  EXPECT_EQ(one.frames.size(), 3u) << "nor what refers to it";
  ASSERT_EQ(camera.rejected.size(), 1u);
  EXPECT_THAT(camera.rejected[0].what, HasSubstr("browsers could not decode"));
  EXPECT_THAT(camera.rejected[0].fix, HasSubstr("profile=constrained-baseline"));
  camera.sps = sps_of(0x42, 0xc0, 31);
  camera.request_keyframe();
  film(2);
  EXPECT_EQ(one.frames.size(), 5u);
}

TEST_F(RungTest, ALevelThatTheStreamHasAndTheTrialHadNotIsTold) {
  int told = 0;
  rung.on_other_profile([&] { ++told; });
  camera.restart("42c01f");
  const auto awake = rung.keep_awake();
  film(3);
  EXPECT_EQ(told, 0);
  camera.sps = sps_of(0x42, 0xc0, 40);
  camera.request_keyframe();
  film(2);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(rung.profile_level_id(), "42c028");
  camera.restart("42c01f");
  EXPECT_EQ(rung.profile_level_id(), "42c01f") << "of another encoder";
}

}  // namespace
}  // namespace bigfoot::robot
