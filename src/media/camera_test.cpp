// Key frames, sleep, rate, restarts: how a camera behaves.
#include "media/camera.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include <glib.h>

#include "h264/level.hpp"
#include "media/camera_testing.hpp"
#include "media/encoder_table.hpp"
#include "media/stamp.hpp"
#include "media/test_decoder.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

struct PerEncoder : CameraTest, testing::WithParamInterface<const char*> {
  CameraSettings settings() {
    CameraSettings out = settings_for("test:?size=640x360");
    out.bitrate = {1'000'000};
    out.encoder = GetParam();
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Encoders, PerEncoder, testing::Values("x264enc", "openh264enc"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(PerEncoder, ABaselinePictureWithItsHeadersInAsManySlicesAsPromised) {
  run(settings());
  run_frames(30);
  const auto units = viewer.units();
  EXPECT_EQ(camera->stats().encoder, GetParam());
  EXPECT_TRUE(units.front().keyframe);
  for (std::size_t i = 0; i < units.size(); ++i) {
    EXPECT_EQ(units[i].number, i);
    EXPECT_EQ(slices_of(units[i]), static_cast<std::size_t>(camera->stats().slices)) << i;
    EXPECT_EQ(units[i].keyframe, i == 0) << "a key frame that nobody asked for";
    EXPECT_LE(units[i].captured, units[i].encoded);
  }
  const auto types = types_of(units.front());
  EXPECT_EQ(std::count(types.begin(), types.end(), h264::NalType::sps), 1);
  EXPECT_EQ(std::count(types.begin(), types.end(), h264::NalType::pps), 1);
  const h264::Sps sps = sps_of(units.front());
  EXPECT_EQ(sps.profile.text(), camera->stats().profile_level_id);
  EXPECT_EQ(sps.profile.profile(), h264::Profile::constrained_baseline);
  EXPECT_EQ(sps.profile.level_idc, 30);
  EXPECT_EQ(sps.size, (Size{640, 360}));
  EXPECT_FALSE(sps.may_reorder());
}

TEST_P(PerEncoder, AKeyFrameComesWhenAskedForAndIsNotTooLarge) {
  const EncoderRow& row = *encoder_candidates(GetParam())->front();
  run(settings());
  run_frames(45);
  for (int round = 0; round < 3; ++round) {
    const std::size_t asked = viewer.units().size();
    camera->request_keyframe();
    const std::uint64_t encoded = camera->stats().frames_encoded;
    const auto keyframe = [&] {
      const auto units = viewer.units();
      const auto found = std::find_if(units.begin() + static_cast<std::ptrdiff_t>(asked), units.end(),
                                      [](const auto& unit) { return unit.keyframe; });
      return found == units.end() ? std::optional<h264::AccessUnit>() : *found;
    };
    ASSERT_TRUE(wait([&] { return keyframe().has_value(); }));
    EXPECT_LE(keyframe()->number, encoded + 2) << "the next picture, or the one after the one in work";
    const auto types = types_of(*keyframe());
    EXPECT_EQ(types.front(), h264::NalType::sps);
    EXPECT_THAT(types, testing::Contains(h264::NalType::pps));
    // Where pictures were dropped, OpenH264 makes the others larger.
    const double pace = std::max(1.0, to_seconds(slowest_interval_of(viewer.units(), 8)) * 30);
    EXPECT_LE(static_cast<double>(keyframe()->bytes.size()), pace * settings().bitrate.bytes_in(row.keyframe_span));
    run_frames(20);
    viewer.forget();
    run_frames(20);
  }
  EXPECT_EQ(camera->stats().keyframes, 4u);
}

/// A pipeline that was built anew for another rate would begin with a key frame, which a viewer pays for.
TEST_P(PerEncoder, ANewBitrateHoldsWithinASecondInTheSameStream) {
  run(settings());
  run_frames(60);
  for (const Bitrate bitrate : {Bitrate{400'000}, Bitrate{1'800'000}, Bitrate{700'000}}) {
    camera->set_bitrate(bitrate);
    run_frames(30);
    const std::size_t settled = viewer.units().size();
    run_frames(45);
    const auto units = viewer.units();
    const auto from = static_cast<std::ptrdiff_t>(settled);
    const std::vector<h264::AccessUnit> measured(units.begin() + from, units.end());
    // A busy machine drops pictures; x264 gives each its share all the same, OpenH264 makes the others larger.
    const double a_second = rate_of(measured, interval_of({units.begin() + from - 1, units.end()}));
    EXPECT_LT(a_second, 1.25 * static_cast<double>(bitrate.bps));
    EXPECT_GT(rate_of(measured, 33'333'333ns), 0.75 * static_cast<double>(bitrate.bps));
  }
  const auto units = viewer.units();
  for (std::size_t i = 1; i < units.size(); ++i) {
    EXPECT_EQ(units[i].number, i);
    EXPECT_THAT(types_of(units[i]), testing::Each(h264::NalType::slice)) << i;
  }
  EXPECT_EQ(camera->stats().keyframes, 1u);
  EXPECT_FALSE(encoder_candidates(GetParam())->front()->bitrate_costs_keyframe) << "as the table says";
  EXPECT_EQ(camera->stats().restarts, 0u);
  EXPECT_THAT(viewer.states, testing::ElementsAre(CameraState::starting, CameraState::running));
  viewer.forget();
  camera->request_keyframe();
  run_frames(10);
  const auto after = viewer.units();
  const auto keyframe = std::find_if(after.begin(), after.end(), [](const auto& unit) { return unit.keyframe; });
  ASSERT_NE(keyframe, after.end());
  EXPECT_EQ(sps_of(*keyframe).profile.text(), camera->stats().profile_level_id) << "the level promised still holds";
}

TEST_F(CameraTest, AsleepNothingIsEncodedAndWakingStartsWithAKeyFrame) {
  run(settings_for("test:"), false);
  const auto asleep = [&] { return camera->stats().asleep; };
  const auto sleep_through = [&](std::uint64_t pictures) {
    const auto tick = loop.every(5ms, [] {});  // nothing wakes the loop otherwise
    ASSERT_TRUE(wait([&, from = asleep()] { return asleep() >= from + pictures; }));
  };
  sleep_through(12);
  EXPECT_EQ(viewer.count(), 0u);
  EXPECT_GE(camera->stats().frames_captured, camera->stats().asleep);
  for (int round = 0; round < 3; ++round) {
    viewer.forget();
    const auto slept = asleep();
    camera->wake();
    run_frames(5);
    const auto units = viewer.units();
    EXPECT_TRUE(units.front().keyframe);
    EXPECT_FALSE(units[1].keyframe);
    EXPECT_LE(asleep(), slept + 2) << "it begins with the next picture, or the one after the one in work";
    camera->sleep();
    sleep_through(3);  // what was in work
    const auto before = viewer.count();
    sleep_through(6);
    EXPECT_EQ(viewer.count(), before);
  }
  EXPECT_EQ(camera->stats().keyframes, 3u);
}

TEST_F(CameraTest, StatsSayWhatHappened) {
  run(settings_for("test:?size=640x360&fps=60"));
  run_frames(60);
  camera->stop();
  const CameraStats stats = camera->stats();
  EXPECT_EQ(stats.size, (Size{640, 360}));
  EXPECT_EQ(stats.fps, (FrameRate{60, 1}));
  EXPECT_EQ(stats.frames_encoded, viewer.count());
  EXPECT_EQ(static_cast<std::size_t>(stats.slices), slices_of(viewer.units().front())) << "one, if the trial was quick";
  EXPECT_GT(stats.encode_p50, 100us);
  EXPECT_LE(stats.encode_p50, stats.encode_p95);
  const auto went_in = stats.frames_captured + stats.placeholders - stats.asleep;
  EXPECT_LE(stats.frames_encoded + stats.dropped_before_encoder + stats.dropped_in_encoder, went_in);
  EXPECT_GE(stats.frames_encoded + stats.dropped_before_encoder + stats.dropped_in_encoder + 2, went_in);
  EXPECT_EQ(camera->take_encode_times().size(), stats.frames_encoded);
  std::size_t bytes = 0;
  for (const auto& unit : viewer.units()) bytes += unit.bytes.size();
  EXPECT_EQ(stats.bytes_encoded, bytes);
}

struct Mode {
  const char* uri;
  std::uint8_t level;
};
TEST_F(CameraTest, TheLevelCarriesSizeAndRate) {
  for (const Mode& mode :
       {Mode{"test:?size=320x180&fps=30&pattern=plain", 30}, Mode{"test:?size=1280x720&fps=60&pattern=plain", 32},
        Mode{"test:?size=1920x1080&fps=30&pattern=plain", 40}}) {
    camera.reset();  // its last pictures must not come after forget()
    viewer.forget();
    run(settings_for(mode.uri));
    run_frames(2);
    const h264::Sps sps = sps_of(viewer.units().front());
    EXPECT_GE(sps.profile.level_idc,
              h264::level_for(camera->stats().size, camera->stats().fps, Bitrate{2'500'000}).value())
        << mode.uri;
    EXPECT_LE(sps.profile.level_idc, mode.level) << mode.uri;
    EXPECT_EQ(sps.size, camera->stats().size);
  }
}

TEST_F(CameraTest, TooFastForOneSliceMeansSeveral) {
  run(settings_for("test:?size=1280x720&fps=240"));
  run_frames(20);
  for (const auto& unit : viewer.units()) EXPECT_EQ(slices_of(unit), static_cast<std::size_t>(camera->stats().slices));
}

TEST_F(CameraTest, TwoCamerasAtOnce) {
  Viewer other_viewer(loop);
  Camera other(loop, settings_for("test:?size=640x360", "rear"), other_viewer, Log{});
  other.start();
  ASSERT_TRUE(wait([&] { return other.stats().frames_captured > 0; }, 20s));
  other.wake();
  run(settings_for("test:?size=640x360"));
  ASSERT_TRUE(wait([&] { return viewer.count() > 20 && other_viewer.count() > 20; }));
  TestDecoder front, rear;
  EXPECT_EQ(front.decode(viewer.units().front().bytes)->stamp()->camera, stamp_camera_hash("front"));
  EXPECT_EQ(rear.decode(other_viewer.units().front().bytes)->stamp()->camera, stamp_camera_hash("rear"));
}

TEST_F(CameraTest, AHangingSourceBlocksNeitherTheLoopNorTheEncoder) {
  const TemporaryFolder folder;
  const std::string fifo = folder.path / "fifo";  // opening it waits for a writer, reading it for bytes
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  CameraSettings settings = settings_for("gst:filesrc location=" + fifo + " ! rawvideoparse width=320 height=240");
  settings.patience = {};  // a robot's: the placeholder comes at once
  make(settings);
  const Standstills standstills;
  Nanos longest{0};
  Timestamp last = loop.now();
  const auto beat = loop.every(5ms, [&] {
    longest = std::max<Nanos>(longest, loop.now() - last);
    last = loop.now();
  });
  camera->wake();
  camera->start();
  ASSERT_TRUE(wait([&] { return viewer.count() > 5; }, 20s)) << "the placeholder";
  EXPECT_EQ(camera->state(), CameraState::running);
  EXPECT_THAT(camera->stats().trouble, HasSubstr("starting"));
  const int writer = open(fifo.c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_EQ(write(writer, "", 1), 1);
  int unread = 1;  // once it has eaten the first byte of its block it reads for the rest of it, for ever
  ASSERT_TRUE(wait([&] { return ioctl(writer, FIONREAD, &unread) == 0 && unread == 0; }));
  camera->stop();
  EXPECT_EQ(camera->state(), CameraState::stopping);
  ASSERT_TRUE(wait([&] { return !viewer.faults.empty(); }, 60s));
  EXPECT_THAT(viewer.faults.front().what, HasSubstr("closing hangs for more than 5.0 s"));
  EXPECT_THAT(viewer.faults.front().fix, HasSubstr("restart this program"));
  EXPECT_EQ(viewer.faults.front().next, Next::give_up);
  EXPECT_EQ(camera->stats().overdue_jobs, 1u);
  EXPECT_EQ(camera->state(), CameraState::stopping);
  EXPECT_LT(longest, standstills.longest() + 500ms) << "the hang itself is 5 s";
  close(writer);
  EXPECT_TRUE(wait([&] { return camera->state() == CameraState::stopped; })) << "it came back after all";
}

TEST_F(CameraTest, ItStartsAgain) {
  run(settings_for("test:?size=640x360"));
  run_frames(10);
  camera->stop();
  camera->start();  // while it still stops
  ASSERT_TRUE(wait([&] { return camera->state() == CameraState::running; }));
  viewer.forget();
  run_frames(10);
  EXPECT_TRUE(viewer.units().front().keyframe);
  EXPECT_EQ(viewer.units().back().number + 1, viewer.count()) << "numbers go on";
}

TEST_F(CameraTest, AfterStopNothingComes) {
  for (int round = 0; round < 4; ++round) {
    run(settings_for("test:?size=640x360&fps=120&pattern=plain"));
    run_frames(5 + static_cast<std::size_t>(round));
    camera->stop();
    const auto before = viewer.count();
    pass(50ms);
    EXPECT_EQ(viewer.count(), before);
  }
}

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  DIR* dir = opendir(folder);
  while (readdir(dir)) ++count;
  closedir(dir);
  return count;
}

TEST_F(CameraTest, FiftyStartsLeaveNoThreadAndNoDescriptor) {
  const auto round = [&] {
    run(settings_for("test:?size=320x180&pattern=plain"));
    run_frames(2);
    camera->stop();
    ASSERT_TRUE(wait([&] { return camera->state() == CameraState::stopped; }));
    camera.reset();
    g_thread_pool_stop_unused_threads();
  };
  for (int i = 0; i < 3; ++i) round();
  const auto threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 50; ++i) round();
  const auto tick = loop.every(5ms, [] {});
  EXPECT_TRUE(wait([&] { return entries("/proc/self/task") <= threads + 1; })) << entries("/proc/self/task");
  EXPECT_TRUE(wait([&] { return entries("/proc/self/fd") <= descriptors; })) << entries("/proc/self/fd");
}

}  // namespace
}  // namespace bigfoot::media
