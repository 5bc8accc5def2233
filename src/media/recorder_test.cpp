// Recordings on the disk, read by GStreamer's demuxer, as any player does.
#include "media/recorder.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gst/app/gstappsink.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/trial_pictures.hpp"

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr FrameRate fps{30, 1};

const std::vector<Bytes>& stream(Size size) {
  static std::map<int, std::vector<Bytes>> made;
  if (!made.contains(size.width)) made[size.width] = encode_trial_pictures(Codec::h264, size, fps)->pictures;
  return made[size.width];
}

struct RecorderTest : testing::Test, RecorderListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  RecorderTest() {
    std::string name = (fs::temp_directory_path() / "bigfoot-recorder-XXXXXX").string();
    folder = mkdtemp(name.data());
    file = (folder / "drive.mkv").string();
  }
  ~RecorderTest() override {
    recorder.reset();
    fs::remove_all(folder);
  }

  void start() {
    ASSERT_TRUE(reserve_recording(file));
    recorder = std::make_unique<Recorder>(loop, file, *this, Log());
  }
  /// The picture of that number, 33 ms after the one before.
  void feed(std::uint64_t number, Size size = {320, 180}) {
    const auto& pictures = stream(size);
    const auto bytes = std::make_shared<const Bytes>(pictures[number % pictures.size()]);
    h264::AccessUnit unit;
    unit.owner = bytes;
    unit.bytes = *bytes;
    unit.keyframe = number % pictures.size() == 0;
    unit.captured = Timestamp(1h) + fps.interval() * static_cast<int>(number) + shift;
    recorder->feed(unit);
  }
  void feed_all(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t number = from; number < to; ++number) feed(number);
  }
  bool wait(const std::function<bool()>& done) { return loop.run_until(done, 20s); }
  void finish() {
    recorder->stop();
    ASSERT_TRUE(wait([&] { return recorder->stopped(); }));
  }

  /// The times of its pictures, all of which must be decoded.
  static std::vector<Nanos> read(const std::string& from) {
    gst::Pipeline pipeline;
    auto bin = gst::parse_bin("filesrc location=\"" + from +
                                  "\" ! matroskademux ! h264parse ! avdec_h264 max-threads=1 ! appsink name=out "
                                  "sync=false",
                              gst::Open::none);
    if (!bin) return {};
    const auto out = gst::find(bin->get(), "out");
    pipeline.add(std::move(*bin));
    std::vector<Nanos> times;
    if (!pipeline.play({})) return times;
    while (const auto sample = gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 5 * GST_SECOND)))
      times.emplace_back(static_cast<std::int64_t>(GST_BUFFER_PTS(gst_sample_get_buffer(sample.get()))));
    return times;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(folder)) names.push_back(each.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  void on_recording_stopped(const std::string&, const Error& why) override { stops.push_back(why); }
  void on_recording_needs_keyframe() override { ++keyframes_asked; }

  GlibLoop loop;
  Subscription ticking = loop.every(10ms, [] {});
  Nanos shift{0};
  fs::path folder;
  std::string file;
  std::vector<Error> stops;
  int keyframes_asked = 0;
  std::unique_ptr<Recorder> recorder;
};

TEST_F(RecorderTest, EachPictureIsThereAtTheTimeOfItsCapture) {
  start();
  feed_all(5, 30);  // from the key frame 12 on
  feed_all(36, 40);
  finish();
  EXPECT_EQ(recorder->recorded(), 22u);
  const auto times = read(file);
  ASSERT_THAT(times, SizeIs(22));
  EXPECT_EQ(times.front(), Nanos{0});
  for (std::size_t i = 1; i < times.size(); ++i) {
    const Nanos apart = times[i] - times[i - 1], captured = i == 18 ? fps.interval() * 7 : fps.interval();
    EXPECT_LT(std::chrono::abs(apart - captured), 2ms) << i;
  }
  EXPECT_THAT(stops, IsEmpty());
}

/// What a kill leaves is what is in the file while it is written.
TEST_F(RecorderTest, WhatIsOnTheDiskPlaysWhileItIsWritten) {
  start();
  feed_all(0, 120);
  const std::string copy = (folder / "copy.mkv").string();
  std::size_t readable = 0;
  ASSERT_TRUE(wait([&] {
    std::error_code ignored;
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing, ignored);
    readable = fs::file_size(copy, ignored) > 1000 ? read(copy).size() : 0;
    return readable > 90;
  })) << readable;
}

TEST_F(RecorderTest, WhatWasLeftOutIsAskedForOnceAndWhenThereIsRoom) {
  start();
  feed_all(0, 500);  // the file is not open before the loop runs
  EXPECT_GT(recorder->dropped(), 0u);
  EXPECT_EQ(keyframes_asked, 0) << "it would find no room either";
  ASSERT_TRUE(wait([&] { return recorder->recorded() > 0; }));
  feed_all(505, 516);
  EXPECT_EQ(keyframes_asked, 1);
  const auto before = recorder->recorded();
  feed_all(516, 520);  // a key frame first
  EXPECT_EQ(recorder->recorded(), before + 4);
  EXPECT_EQ(keyframes_asked, 1);
}

TEST_F(RecorderTest, AnotherSizeIsAnotherFile) {
  start();
  feed_all(0, 12);
  ASSERT_TRUE(wait([&] { return recorder->recorded() == 12; }));
  for (std::uint64_t number = 12; number < 24; ++number) feed(number, {640, 360});
  ASSERT_TRUE(wait([&] { return recorder->recorded() == 24; }));
  finish();
  EXPECT_THAT(files(), ElementsAre("drive-2.mkv", "drive.mkv"));
  EXPECT_THAT(read(file), SizeIs(12));
  EXPECT_THAT(read((folder / "drive-2.mkv").string()), SizeIs(12));
}

TEST_F(RecorderTest, AfterAGapItGoesOnWithTheNextKeyFrame) {
  start();
  feed_all(0, 6);
  recorder->gap();
  feed_all(8, 24);
  finish();
  EXPECT_EQ(recorder->recorded(), 6u + 12u);
  EXPECT_THAT(read(file), SizeIs(18));
}

/// A robot that was started anew counts from another time.
TEST_F(RecorderTest, AClockThatBeginsAnewIsNoJumpInTheFile) {
  start();
  feed_all(24, 36);
  for (const Nanos by : {Nanos(-20min), Nanos(2h)}) {
    shift = by;
    recorder->gap();
    feed_all(0, 12);
  }
  finish();
  const auto times = read(file);
  ASSERT_THAT(times, SizeIs(36));
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_LT(std::chrono::abs(times[i] - times[i - 1] - 33ms), 3ms) << i;
}

TEST_F(RecorderTest, AFullDiskEndsItOnceAndSaysSo) {
  recorder = std::make_unique<Recorder>(loop, "/dev/full", *this, Log());
  feed_all(0, 60);
  ASSERT_TRUE(wait([&] { return !stops.empty() && recorder->stopped(); }));
  feed_all(60, 120);
  ASSERT_TRUE(wait([&] { return recorder->stopped(); }));
  ASSERT_THAT(stops, SizeIs(1));
  EXPECT_EQ(stops.front().fix, "make room on the disk") << stops.front().what;
  EXPECT_TRUE(fs::exists("/dev/full"));
}

TEST_F(RecorderTest, NothingIsOverwritten) {
  std::ofstream(file) << "mine";
  const auto reserved = reserve_recording(file);
  ASSERT_FALSE(reserved);
  EXPECT_THAT(reserved.error().text(), HasSubstr("exists"));
  EXPECT_THAT(reserved.error().fix, HasSubstr("name another file"));
  EXPECT_THAT(reserve_recording((folder / "none/drive.mkv").string()).error().fix, HasSubstr("folder"));
}

TEST_F(RecorderTest, WhoRecordedNothingLeavesNothing) {
  start();
  feed_all(1, 10);
  finish();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecorderTest, WhatIsUnderWayIsFinishedByTheDestructor) {
  start();
  feed_all(0, 24);
  ASSERT_TRUE(wait([&] { return recorder->recorded() == 24; }));
  recorder.reset();
  EXPECT_THAT(read(file), SizeIs(24));
}

TEST(RecordingFile, HasTheNameOfItsCameraWhereThereAreSeveral) {
  EXPECT_EQ(recording_file("drive.mkv", "front", 1), "drive.mkv");
  EXPECT_EQ(recording_file("a/drive.mkv", "front", 2), "a/drive-front.mkv");
  EXPECT_EQ(recording_file("drive", "../x", 2), "drive-..-x");
}

}  // namespace
}  // namespace bigfoot::media
