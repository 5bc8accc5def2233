// Cameras on other sources than the test picture, and what is said when a source is wrong.
#include <fcntl.h>

#include <fstream>

#include <gmock/gmock.h>

#include "media/camera_testing.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

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
  const Standstills standstills;
  run_frames(40);
  EXPECT_NEAR(to_millis(median_of(gaps_of(viewer.units(), standstills))), 33.3, 5);
  EXPECT_GT(to_millis(interval_of(viewer.units())), 30) << "a second holds 30 pictures";
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

TEST_F(CameraTest, AFileLoopsWithoutAGap) {
  const TemporaryFolder folder;
  CameraSettings settings = settings_for("file:" + make_video(folder.path / "one second.mp4", 30));
  settings.size = {640, 360};
  const Standstills standstills;
  run(settings);
  run_frames(135);
  const auto gaps = gaps_of(viewer.units(), standstills);
  ASSERT_FALSE(gaps.empty());
  EXPECT_LT(to_millis(*std::max_element(gaps.begin(), gaps.end())), 34 + 34)
      << "at most one frame lost where the rounds meet";
  EXPECT_GT(to_millis(*std::min_element(gaps.begin(), gaps.end())), 20);
  Nanos sum{0};
  for (const Nanos gap : gaps) sum += gap;
  EXPECT_NEAR(to_millis(sum) / static_cast<double>(gaps.size()), 33.33, 1.5);
}

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
    EXPECT_EQ(camera->stats().encoder, "x264enc") << "tried once, not at every start while a camera is missing";
  }
}

TEST_F(CameraTest, AnUnknownEncoderIsRefusedWithTheKnownOnes) {
  CameraSettings settings = settings_for("test:");
  settings.encoder = "x265enc";
  EXPECT_THAT(fault_of(settings).text(), HasSubstr("the nearest is x264enc; there are auto, x264enc, openh264enc"));
}

TEST_F(CameraTest, AnEncoderThatBreaksAgainAndAgainIsTakenAgainWhereThereIsNoOther) {
  // What stands under the encoder's name ends each run with an error, as a broken encoder does.
  CameraSettings settings = settings_for(
      "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! identity name=encoder "
      "error-after=10");
  settings.size = {320, 240};
  settings.encoder = "x264enc";
  make(settings);
  camera->wake();
  for (std::size_t round = 1; round <= 5; ++round) {
    const auto before = viewer.count();
    camera->start();
    ASSERT_TRUE(wait([&] { return viewer.faults.size() == round; }));
    EXPECT_GT(viewer.count(), before) << "round " << round << ": " << viewer.faults.back().what;
    ASSERT_TRUE(wait([&] { return camera->state() == CameraState::stopped; }));
  }
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
  settings.silence_at_most = CameraSettings().silence_at_most;
  make(settings);
  camera->wake();
  camera->start();
  const Bytes picture(frame / 4, 90);
  auto feeding =
      loop.every(8ms, [&] { [[maybe_unused]] const auto wrote = write(ends[1], picture.data(), picture.size()); });
  EXPECT_TRUE(wait([&] { return viewer.count() > 10 || !viewer.faults.empty(); }));
  EXPECT_TRUE(viewer.faults.empty());
  feeding.reset();
  EXPECT_TRUE(wait([&] { return !viewer.faults.empty(); }));
  if (!viewer.faults.empty()) {
    EXPECT_THAT(viewer.faults.front().what, HasSubstr("no picture for 1.0 s")) << "the same each time";
    EXPECT_EQ(viewer.faults.front().next, Next::restart_pipeline);
  }
  EXPECT_TRUE(wait([&] { return camera->state() == CameraState::stopped; }));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace bigfoot::media
