// Real pipelines on the real clock, each test bounded in time: what a viewer of the camera gets.
#include "media/camera.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <glib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include "base/glib_loop.hpp"

#include "h264/level.hpp"
#include "h264/nal.hpp"
#include "h264/sps.hpp"
#include "media/encoder_table.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/video.hpp"
#include "media/stamp.hpp"
#include "media/test_decoder.hpp"
#include "media/test_pattern.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

/// Keeps all that a camera says.
class Viewer : public CameraListener {
 public:
  explicit Viewer(Loop& loop) : loop_(loop) {}
  void on_access_unit(h264::AccessUnit unit) override {
    const std::lock_guard lock(mutex_);
    units_.push_back(std::move(unit));
    ++count_;
    loop_.post([] {});  // wakes run_until
  }
  void on_state(CameraState state) override { states.push_back(state); }
  void on_fault(const Error& error) override { faults.push_back(error); }

  std::vector<h264::AccessUnit> units() const {
    const std::lock_guard lock(mutex_);
    return units_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    units_.clear();
  }
  std::size_t count() const { return count_; }

  std::vector<CameraState> states;
  std::vector<Error> faults;

 private:
  Loop& loop_;
  mutable std::mutex mutex_;
  std::vector<h264::AccessUnit> units_;
  std::atomic<std::size_t> count_{0};
};

CameraSettings settings_for(const std::string& uri, const std::string& name = "front") {
  CameraSettings settings;
  settings.name = name;
  auto source = parse_source_uri(uri);
  EXPECT_TRUE(source) << (source ? "" : source.error().text());
  settings.source = *source;
  return settings;
}

struct CameraTest : testing::Test {
  GlibLoop loop;
  Viewer viewer{loop};
  std::unique_ptr<Camera> camera;

  void make(CameraSettings settings) { camera = std::make_unique<Camera>(loop, std::move(settings), viewer, Log{}); }
  bool wait(const std::function<bool()>& done, Nanos at_most = 10s) { return loop.run_until(done, at_most); }
  void pass(Nanos span) {
    loop.run_until([] { return false; }, span);
  }
  /// Throws where a test could not go on.
  void require(bool good, const std::string& what) {
    if (!viewer.faults.empty()) throw std::runtime_error(viewer.faults.front().text());
    if (!good) throw std::runtime_error(what);
  }
  void run(CameraSettings settings, bool awake = true) {
    make(std::move(settings));
    if (awake) camera->wake();
    camera->start();
    require(wait([&] { return camera->state() == CameraState::running || !viewer.faults.empty(); }, 20s),
            "not running");
  }
  void run_frames(std::size_t frames, Nanos at_most = 30s) {
    const std::size_t until = viewer.count() + frames;
    require(wait([&] { return viewer.count() >= until || !viewer.faults.empty(); }, at_most), "too few frames");
  }
  Error fault_of(CameraSettings settings, Nanos at_most = 20s) {
    make(std::move(settings));
    camera->start();
    EXPECT_TRUE(wait([&] { return !viewer.faults.empty(); }, at_most));
    return viewer.faults.empty() ? Error{} : viewer.faults.front();
  }
};

std::vector<h264::NalType> types_of(const h264::AccessUnit& unit) {
  std::vector<h264::NalType> types;
  h264::NalReader reader(unit.bytes);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) types.push_back(h264::nal_type(nal[0]));
  return types;
}

std::size_t slices_of(const h264::AccessUnit& unit) {
  const auto types = types_of(unit);
  return static_cast<std::size_t>(std::count_if(types.begin(), types.end(), h264::is_slice));
}

h264::Sps sps_of(const h264::AccessUnit& unit) {
  h264::NalReader reader(unit.bytes);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next())
    if (h264::nal_type(nal[0]) == h264::NalType::sps) return h264::parse_sps(nal).value();
  ADD_FAILURE() << "no SPS";
  return {};
}

double rate_of(const std::vector<h264::AccessUnit>& units, Nanos interval) {
  std::size_t bytes = 0;
  for (const auto& unit : units) bytes += unit.bytes.size();
  return static_cast<double>(bytes) * 8 / (to_seconds(interval) * static_cast<double>(units.size()));
}

// ---- the test picture through the encoder -------------------------------------------------------------------------

struct StampedRate : CameraTest, testing::WithParamInterface<std::pair<const char*, Bitrate>> {};

TEST_P(StampedRate, EveryPictureDecodesAndItsStampReads) {
  CameraSettings settings = settings_for("test:");
  settings.encoder = GetParam().first;
  settings.bitrate = GetParam().second;
  run(settings);
  run_frames(90);
  camera->stop();
  TestDecoder decoder;
  std::optional<Stamp> last;
  for (const auto& unit : viewer.units()) {
    const auto frame = decoder.decode(unit.bytes);
    ASSERT_TRUE(frame) << frame.error().text() << " at " << unit.number;
    const auto stamp = frame->stamp();
    ASSERT_TRUE(stamp) << "frame " << unit.number;
    EXPECT_EQ(stamp->camera, stamp_camera_hash("front"));
    if (last) {
      EXPECT_GT(stamp->frame, last->frame);
    }
    if (last) {
      EXPECT_GT(stamp->drawn, last->drawn);
    }
    // The stamp and the access unit tell of the same moment on two clocks.
    const auto wall = std::chrono::system_clock::now() - (std::chrono::steady_clock::now() - unit.captured);
    EXPECT_LT(std::abs(to_millis(wall - stamp->drawn)), 1.0);
    last = stamp;
  }
}
INSTANTIATE_TEST_SUITE_P(Rates, StampedRate,
                         testing::Values(std::pair{"x264enc", Bitrate{300'000}},
                                         std::pair{"x264enc", Bitrate{4'000'000}},
                                         std::pair{"openh264enc", Bitrate{1'000'000}}),
                         [](const auto& one) {
                           return one.param.first + std::to_string(one.param.second.bps / 1000) + "k";
                         });

TEST_F(CameraTest, TheTestPictureFillsFourMegabits) {
  CameraSettings settings = settings_for("test:");
  settings.bitrate = {4'000'000};
  run(settings);
  run_frames(120);
  const auto units = viewer.units();
  EXPECT_GT(rate_of({units.begin() + 30, units.end()}, settings.fps.interval()), 3.3e6);
  EXPECT_LT(rate_of({units.begin() + 30, units.end()}, settings.fps.interval()), 4.4e6);
}

/// Encodes the test picture, frame by frame and as fast as it goes, with what is put after the row's own settings.
std::size_t bytes_encoded(const std::string& more, int frames) {
  const Size size{1280, 720};
  const FrameRate fps{30, 1};
  EXPECT_TRUE(gst::start());
  const auto bin = gst::parse_bin(
      "appsrc name=in format=time ! " + std::string("x264enc ") + encoder_table()[0].low_delay + " threads=1 " + more +
          " ! video/x-h264,profile=constrained-baseline ! appsink name=out sync=false async=false",
      gst::Open::none);
  gst::Pipeline pipeline;
  const auto in = gst::find(bin->get(), "in"), out = gst::find(bin->get(), "out");
  gst_app_src_set_caps(GST_APP_SRC(in.get()), gst::raw_video_caps(size, fps).get());
  pipeline.add(gst::share(bin->get()));
  EXPECT_TRUE(pipeline.play({}));
  const TestPicture picture(TestPattern::rover, size, fps, "front");
  std::size_t bytes = 0;
  for (int i = 0; i < frames; ++i) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, fps), nullptr);
    gst::draw_into(buffer, size, fps, [&](const Picture& to) {
      picture.draw_scene(to, fps.interval() * i);
      picture.draw_time(to, static_cast<std::uint32_t>(i), StampTime(std::chrono::floor<Micros>(fps.interval() * i)));
    });
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>((fps.interval() * i).count());
    gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer);
    const auto sample = gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 2 * GST_SECOND));
    if (i >= 5) bytes += gst_buffer_get_size(gst_sample_get_buffer(sample.get()));
  }
  return bytes / static_cast<std::size_t>(frames - 5);
}

TEST(TestPictureCost, AtQuantizer28ItFitsInFourMegabitsAndAt20NotAtAll) {
  const double frame_at_4m = Bitrate{4'000'000}.bytes_in(FrameRate{30, 1}.interval());
  EXPECT_LT(static_cast<double>(bytes_encoded("pass=quant quantizer=28", 45)), frame_at_4m);
  EXPECT_GT(static_cast<double>(bytes_encoded("pass=quant quantizer=20", 45)), frame_at_4m);
}

/// The clock's panel as it would be drawn for another time, against the picture that arrived.
double unlike(const TestDecoder::Frame& frame, const TestPicture& picture, const Stamp& stamp, StampTime shown) {
  static Bytes drawn(1280 * 720 * 3 / 2);
  const Picture to{{1280, 720}, drawn.data(), &drawn[1280 * 720], &drawn[1280 * 720 * 5 / 4], 1280, 640};
  picture.draw_scene(to, 0s);
  picture.draw_time(to, stamp.frame, shown);
  double sum = 0;
  for (int y = 560; y < 640; ++y)
    for (int x = 50; x < 560; ++x) {
      const double away =
          drawn[static_cast<std::size_t>(y) * 1280 + x] - frame.luma[static_cast<std::size_t>(y) * 1280 + x];
      sum += away * away;
    }
  return sum;
}

TEST_F(CameraTest, TheClockCanBeReadAt300Kilobits) {
  CameraSettings settings = settings_for("test:");
  settings.bitrate = {300'000};
  run(settings);
  run_frames(100);
  camera->stop();
  TestDecoder decoder;
  const TestPicture reference(TestPattern::plain, {1280, 720}, {30, 1}, "front");
  int read = 0;
  for (const auto& unit : viewer.units()) {
    const auto frame = decoder.decode(unit.bytes).value();
    if (unit.number < 30 || unit.number % 10 != 0) continue;
    const auto stamp = frame.stamp();
    ASSERT_TRUE(stamp);
    const double right = unlike(frame, reference, *stamp, stamp->drawn);
    const Micros millis = std::chrono::duration_cast<Millis>(stamp->drawn.time_since_epoch()) % 1000;
    for (const Micros digit : {Micros(1ms), Micros(10ms), Micros(100ms), Micros(1s), Micros(10s)})
      for (int other = 1; other < 5; ++other)
        for (const int sign : {-1, 1}) {
          const Micros wrong = digit * other * sign;
          if (digit < 1s && (millis + wrong < 0us || millis + wrong >= 1s)) continue;
          EXPECT_LT(right, unlike(frame, reference, *stamp, stamp->drawn + wrong)) << wrong.count();
        }
    ++read;
  }
  EXPECT_GE(read, 6);
}

TEST_F(CameraTest, FramesComeOnTheBeat) {
  run(settings_for("test:"));
  run_frames(10);
  viewer.forget();
  run_frames(90);
  std::vector<double> gaps;
  const auto units = viewer.units();
  for (std::size_t i = 1; i < units.size(); ++i) gaps.push_back(to_millis(units[i].captured - units[i - 1].captured));
  std::sort(gaps.begin(), gaps.end());
  RecordProperty("gap_p95_ms", std::to_string(gaps[gaps.size() * 19 / 20]));
  EXPECT_NEAR(gaps[gaps.size() / 2], 33.33, 0.5);
  EXPECT_GT(gaps.front(), 2.0) << "late frames are skipped, not made up in a burst";
}

// ---- key frames, sleep, rate --------------------------------------------------------------------------------------

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

TEST_P(PerEncoder, OneSliceABaselinePictureWithItsHeaders) {
  run(settings());
  run_frames(30);
  const auto units = viewer.units();
  EXPECT_EQ(camera->stats().encoder, GetParam());
  EXPECT_TRUE(units.front().keyframe);
  for (std::size_t i = 0; i < units.size(); ++i) {
    EXPECT_EQ(units[i].number, i);
    EXPECT_EQ(slices_of(units[i]), 1u) << i;
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
  run(settings());
  run_frames(45);
  for (int round = 0; round < 3; ++round) {
    viewer.forget();
    const Timestamp asked = loop.now();
    camera->request_keyframe();
    const auto keyframe = [&] {
      const auto units = viewer.units();
      const auto found = std::find_if(units.begin(), units.end(), [](const auto& unit) { return unit.keyframe; });
      return found == units.end() ? std::optional<h264::AccessUnit>() : *found;
    };
    ASSERT_TRUE(wait([&] { return keyframe().has_value(); }, 2s));
    EXPECT_LT(to_millis(keyframe()->encoded - asked), 33.4 + 40) << "one frame interval and the time to encode";
    const auto types = types_of(*keyframe());
    EXPECT_EQ(types.front(), h264::NalType::sps);
    EXPECT_THAT(types, testing::Contains(h264::NalType::pps));
    EXPECT_LE(static_cast<double>(keyframe()->bytes.size()), Bitrate{1'000'000}.bytes_in(150ms));
    run_frames(20);
  }
  EXPECT_EQ(camera->stats().keyframes, 4u);
}

TEST_P(PerEncoder, ANewBitrateHoldsWithinASecondWithoutAKeyFrame) {
  run(settings());
  run_frames(60);
  for (const Bitrate bitrate : {Bitrate{500'000}, Bitrate{1'500'000}}) {
    camera->set_bitrate(bitrate);
    run_frames(30);
    viewer.forget();
    run_frames(30);
    EXPECT_NEAR(rate_of(viewer.units(), 33'333'333ns) / static_cast<double>(bitrate.bps), 1.0, 0.3) << bitrate.bps;
  }
  EXPECT_EQ(camera->stats().keyframes, 1u);
  viewer.forget();
  camera->request_keyframe();
  run_frames(10);
  for (const auto& unit : viewer.units())
    if (unit.keyframe) {
      EXPECT_EQ(sps_of(unit).profile.text(), camera->stats().profile_level_id) << "the level promised still holds";
    }
}

TEST_F(CameraTest, AsleepNothingIsEncodedAndWakingStartsWithAKeyFrame) {
  run(settings_for("test:"), false);
  pass(400ms);
  EXPECT_EQ(viewer.count(), 0u);
  EXPECT_GE(camera->stats().asleep, 8u);
  EXPECT_GE(camera->stats().frames_captured, camera->stats().asleep);
  for (int round = 0; round < 3; ++round) {
    viewer.forget();
    const Timestamp woken = loop.now();
    camera->wake();
    run_frames(5);
    const auto units = viewer.units();
    EXPECT_TRUE(units.front().keyframe);
    EXPECT_FALSE(units[1].keyframe);
    EXPECT_LT(to_millis(units.front().encoded - woken), 67 + 40) << "two frame intervals and the time to encode";
    camera->sleep();
    pass(100ms);
    const auto before = viewer.count();
    pass(200ms);
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
  EXPECT_EQ(stats.slices, 1);
  EXPECT_GT(stats.encode_p50, 100us);
  EXPECT_LE(stats.encode_p50, stats.encode_p95);
  EXPECT_LE(stats.frames_encoded + stats.dropped_before_encoder + stats.dropped_in_encoder, stats.frames_captured);
  EXPECT_GE(stats.frames_encoded + stats.dropped_before_encoder + stats.dropped_in_encoder + 2, stats.frames_captured);
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
  other.wake();
  other.start();
  run(settings_for("test:?size=640x360"));
  ASSERT_TRUE(wait([&] { return viewer.count() > 20 && other_viewer.count() > 20; }));
  TestDecoder front, rear;
  EXPECT_EQ(front.decode(viewer.units().front().bytes)->stamp()->camera, stamp_camera_hash("front"));
  EXPECT_EQ(rear.decode(other_viewer.units().front().bytes)->stamp()->camera, stamp_camera_hash("rear"));
}

// ---- other sources ------------------------------------------------------------------------------------------------

TEST_F(CameraTest, GstTextThatEndsInRaw) {
  CameraSettings settings =
      settings_for("gst:videotestsrc is-live=true ! video/x-raw,format=NV12,width=320,height=240,framerate=30/1");
  settings.size = {640, 360};
  run(settings);
  run_frames(30);
  EXPECT_EQ(sps_of(viewer.units().front()).size, (Size{640, 360}));
  EXPECT_EQ(camera->stats().frames_encoded, viewer.count());
}

TEST_F(CameraTest, GstTextThatEndsInH264IsEncodedAgain) {
  CameraSettings settings = settings_for(
      "gst:videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 ! x264enc tune=zerolatency "
      "bframes=2 key-int-max=5");
  settings.size = {640, 360};
  run(settings);
  run_frames(30);
  std::size_t keyframes = 0;
  for (const auto& unit : viewer.units()) keyframes += unit.keyframe;
  EXPECT_EQ(keyframes, 1u) << "ours, not the source's";
}

TEST_F(CameraTest, ASourceWithoutAClockIsHeldToItsRate) {
  CameraSettings settings = settings_for("gst:videotestsrc ! video/x-raw,width=320,height=240,framerate=30/1");
  settings.size = {320, 240};
  run(settings);
  run_frames(5);
  const auto before = viewer.count();
  pass(1s);
  EXPECT_NEAR(static_cast<double>(viewer.count() - before), 30, 6);
}

std::string make_video(const std::string& path, int frames) {
  const auto bin = "videotestsrc num-buffers=" + std::to_string(frames) +
                   " pattern=ball ! video/x-raw,format=I420,width=640,height=360,framerate=30/1 ! "
                   "x264enc key-int-max=15 bframes=2 ! h264parse ! mp4mux name=mux ! filesink name=to "
                   "audiotestsrc num-buffers=40 ! lamemp3enc ! mpegaudioparse ! mux.";
  EXPECT_TRUE(gst::start());
  GError* error = nullptr;
  const auto pipeline = gst::adopt(gst_parse_launch(bin.c_str(), &error));
  EXPECT_EQ(error, nullptr);
  g_object_set(gst::find(pipeline.get(), "to").get(), "location", path.c_str(), nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto bus = gst::adopt(gst_element_get_bus(pipeline.get()));
  const auto end = gst::adopt(gst_bus_timed_pop_filtered(
      bus.get(), 20 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  EXPECT_TRUE(end && GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_EOS);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return path;
}

struct TemporaryFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("bigfoot-media-" + std::to_string(getpid()));
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

TEST_F(CameraTest, AFileLoopsWithoutAGap) {
  const TemporaryFolder folder;
  CameraSettings settings = settings_for("file:" + make_video(folder.path / "one second.mp4", 30));
  settings.size = {640, 360};
  run(settings);
  run_frames(135);
  const auto units = viewer.units();
  double longest = 0, shortest = 1e9;
  for (std::size_t i = 1; i < units.size(); ++i) {
    const double gap = to_millis(units[i].captured - units[i - 1].captured);
    longest = std::max(longest, gap);
    shortest = std::min(shortest, gap);
  }
  EXPECT_LT(longest, 34 + 34) << "at most one frame lost where the rounds meet";
  EXPECT_GT(shortest, 20);
  EXPECT_NEAR(to_seconds(units.back().captured - units.front().captured), 134.0 / 30, 0.2);
}

// ---- what goes wrong ----------------------------------------------------------------------------------------------

struct WrongSource {
  const char* uri;
  const char* what;
  const char* fix;
  Next next;
};

TEST_F(CameraTest, AWrongSourceSaysWhatToChange) {
  const TemporaryFolder folder;
  const std::string text_file = folder.path / "notes.mp4";
  std::ofstream(text_file) << "this is no video\n";
  const std::string no_video = "file:" + text_file;
  for (const WrongSource& wrong : {
           WrongSource{"v4l2:/dev/video-nowhere", "/dev/video-nowhere does not open", "plugged in",
                       Next::restart_pipeline},
           WrongSource{"v4l2:/dev/null", "is not a V4L2 device", "by-id", Next::give_up},
           WrongSource{"file:/nowhere.mp4", "there is no file /nowhere.mp4", "path", Next::restart_pipeline},
           WrongSource{"file:/tmp", "/tmp is not a file", "path of a video", Next::give_up},
           WrongSource{no_video.c_str(), "", "no video", Next::restart_pipeline},
           WrongSource{"gst:nosuchelement", "nosuchelement", "gst-launch-1.0", Next::give_up},
           WrongSource{"gst:videotestsrc ! fakesink", "has no open end", "without a sink", Next::give_up},
           WrongSource{"gst:audiotestsrc is-live=true", "neither raw nor H.264", "! video/x-raw", Next::give_up},
           WrongSource{"gst:videotestsrc is-live=true ! video/x-raw,framerate=90/1", "gives no picture of 1280x720",
                       "set size and fps", Next::give_up},
           WrongSource{"gst:videotestsrc is-live=true num-buffers=10", "came to its end", "", Next::restart_pipeline},
       }) {
    viewer.faults.clear();
    const Error error = fault_of(settings_for(wrong.uri));
    EXPECT_THAT(error.what, HasSubstr("camera \"front\": ")) << wrong.uri;
    EXPECT_THAT(error.what, HasSubstr(wrong.what)) << wrong.uri;
    EXPECT_THAT(error.fix, HasSubstr(wrong.fix)) << wrong.uri << " " << error.what;
    EXPECT_EQ(error.next, wrong.next) << wrong.uri << " " << error.what;
    EXPECT_TRUE(wait([&] { return camera->state() == CameraState::stopped; })) << wrong.uri;
  }
}

TEST_F(CameraTest, AnUnknownEncoderIsRefusedWithTheKnownOnes) {
  CameraSettings settings = settings_for("test:");
  settings.encoder = "x265enc";
  EXPECT_THAT(fault_of(settings).text(), HasSubstr("take auto or one of x264enc, openh264enc"));
}

TEST_F(CameraTest, ASourceThatFallsSilentIsNoticed) {
  // A pipe whose other end writes frames for a while and then nothing.
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  const std::size_t frame = 320 * 240 * 3 / 2;
  CameraSettings settings =
      settings_for("gst:fdsrc fd=" + std::to_string(ends[0]) + " blocksize=" + std::to_string(frame) +
                   " ! rawvideoparse width=320 height=240 format=i420 framerate=30/1");
  settings.size = {320, 240};
  make(settings);
  camera->wake();
  camera->start();
  const Bytes picture(frame / 4, 90);
  auto feeding =
      loop.every(8ms, [&] { [[maybe_unused]] const auto wrote = write(ends[1], picture.data(), picture.size()); });
  EXPECT_TRUE(wait([&] { return viewer.count() > 10 || !viewer.faults.empty(); }));
  EXPECT_TRUE(viewer.faults.empty());
  feeding.reset();
  EXPECT_TRUE(wait([&] { return !viewer.faults.empty(); }, 5s));
  if (!viewer.faults.empty()) {
    EXPECT_THAT(viewer.faults.front().what, HasSubstr("no picture for 1."));
    EXPECT_EQ(viewer.faults.front().next, Next::restart_pipeline);
  }
  EXPECT_TRUE(wait([&] { return camera->state() == CameraState::stopped; }));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(CameraTest, AHangingSourceNeverBlocksTheLoop) {
  const TemporaryFolder folder;
  const std::string fifo = folder.path / "fifo";  // opening it waits for a writer, reading it for bytes
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  make(settings_for("gst:filesrc location=" + fifo + " ! rawvideoparse width=320 height=240"));
  Nanos longest{0};
  Timestamp last = loop.now();
  const auto beat = loop.every(5ms, [&] {
    longest = std::max<Nanos>(longest, loop.now() - last);
    last = loop.now();
  });
  camera->start();
  pass(700ms);
  EXPECT_EQ(camera->state(), CameraState::starting);
  camera->stop();
  EXPECT_EQ(camera->state(), CameraState::stopping);
  pass(100ms);
  const int writer = open(fifo.c_str(), O_WRONLY | O_NONBLOCK);  // opened, but it still reads for ever
  ASSERT_TRUE(wait([&] { return !viewer.faults.empty(); }, 20s));
  EXPECT_THAT(viewer.faults.front().what, HasSubstr("closing hangs for more than 5.0 s"));
  EXPECT_THAT(viewer.faults.front().fix, HasSubstr("restart this program"));
  EXPECT_EQ(viewer.faults.front().next, Next::give_up);
  EXPECT_EQ(camera->stats().overdue_jobs, 1u);
  camera->start();
  ASSERT_TRUE(wait([&] { return viewer.faults.size() == 2; }, 1s));
  EXPECT_THAT(viewer.faults.back().what, HasSubstr("still hangs"));
  EXPECT_LT(longest, 500ms) << "the hang itself is 5 s";
  close(writer);
  EXPECT_TRUE(wait([&] { return camera->state() == CameraState::stopped; })) << "it came back after all";
}

TEST_F(CameraTest, ItStartsAgainAfterAFault) {
  run(settings_for("test:?size=640x360"));
  run_frames(10);
  camera->stop();
  camera->start();  // while it still stops
  ASSERT_TRUE(wait([&] { return camera->state() == CameraState::running; }));
  viewer.forget();
  run_frames(10);
  EXPECT_TRUE(viewer.units().front().keyframe);
  EXPECT_EQ(viewer.units().back().number + 1, viewer.count()) << "numbers go on";
  EXPECT_EQ(camera->stats().restarts, 1u);
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
  pass(100ms);
  EXPECT_LE(entries("/proc/self/task"), threads + 1);
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

}  // namespace
}  // namespace bigfoot::media
