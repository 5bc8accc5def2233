// A camera whose modes give fewer pictures than they promise. The pictures are real, the time is the test's: three of
// its seconds pass while a camera of 30 fps gives a few.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/fake_camera_testing.hpp"
#include "media/hand_loop_testing.hpp"
#include "media/source_part.hpp"
#include "media/stderr_testing.hpp"

namespace bigfoot::media {
namespace {

constexpr Size size{320, 180};

struct SourceRateTest : testing::Test, SourcePartListener {
  static void SetUpTestSuite() {
    ASSERT_TRUE(gst::start());
    register_fake_camera();
  }
  void on_source_fault(const Error& error, Nanos) override { faults.push_back(error.text()); }

  void make(std::vector<V4l2Mode> modes) {
    V4l2Places places;
    places.element = fake_camera;
    places.inspect = [modes = std::move(modes)](const std::string&, Size) -> Result<V4l2Device> {
      V4l2Device device;
      device.card = "HD Webcam";
      device.modes = modes;
      return device;
    };
    settings.request.v4l2 = std::make_shared<V4l2Cameras>(places);
    part = std::make_unique<SourcePart>(loop, settings, std::make_shared<Feed>(control, given), ledger, *this, log);
    part->start("video/x-raw,format=I420");
    ASSERT_TRUE(opened());
  }
  bool opened() {
    return loop.run_until([&] { return part->runner().open() || !faults.empty(); }) && faults.empty();
  }
  std::string mode() const { return part->mode() ? part->mode()->text() : "closed"; }
  /// Six seconds and more in which hardly a picture comes; until it is closed.
  void be_slow() {
    for (int i = 0; i < 160 && part->runner().open(); ++i) {
      if (i % 20 == 1) {
        const auto before = given->counts().captured;
        ASSERT_TRUE(loop.run_until([&] { return given->counts().captured > before; }));
      }
      loop.advance(50ms);
      ledger->captured(loop.now(), false);
      part->watch();
    }
  }

  HandLoop loop;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> given = std::make_shared<FrameLedger>();   ///< the real pictures, on the real clock
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();  ///< on the test's: it is not silent
  std::vector<std::string> faults;
  CaptureSettings settings{*parse_source_uri("v4l2:/dev/video0"), {size, {30, 1}}, {1h, 1h, 1h}};
  Log log;
  std::unique_ptr<SourcePart> part;
};

V4l2Mode mode_of(const std::string& fourcc) { return {fourcc, size, size, {1, 1}, {{30, 1}}, false}; }

TEST_F(SourceRateTest, TheNextCheapestModeTakesThePlaceOfOneThatBreaksItsPromise) {
  make({mode_of("YUYV"), mode_of("NV12")});
  EXPECT_EQ(mode(), "NV12 320x180@30");
  be_slow();
  ASSERT_TRUE(opened());
  ASSERT_EQ(part->runner().starts(), 2u) << "it is opened anew";
  EXPECT_EQ(mode(), "YUYV 320x180@30");
  EXPECT_TRUE(faults.empty()) << faults.front();

  settings.request.fps = {15, 1};
  part->change(settings);
  ASSERT_TRUE(opened());
  EXPECT_EQ(mode(), "NV12 320x180@30") << "what is asked for is another thing now";
}

TEST_F(SourceRateTest, TheOnlyModeThereIsStays) {
  log = Log(std::make_shared<LogWriter>(LogWriter::Options{}));
  CapturedStderr captured;
  make({mode_of("YUYV")});
  be_slow();
  be_slow();
  EXPECT_EQ(part->runner().starts(), 1u);
  EXPECT_EQ(mode(), "YUYV 320x180@30");
  part.reset();
  log = {};  // what is queued is written
  const std::string said = captured.take();
  const auto at = said.find("camera.slow");
  ASSERT_NE(at, std::string::npos) << "it was judged";
  EXPECT_EQ(said.find("camera.slow", at + 1), std::string::npos) << "once";
  EXPECT_NE(said.find("it stays: no other mode gives more", at), std::string::npos) << said;
}

}  // namespace
}  // namespace bigfoot::media
