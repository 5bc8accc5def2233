// Windows on an X server of the test's own: what they show is read from its screen.
#include "media/display.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/gst/video.hpp"
#include "media/xvfb_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Size size{640, 360};
constexpr FrameRate fps{30, 1};
constexpr Colour red = rgb(220, 30, 30), green = rgb(30, 200, 30), grey = rgb(200, 200, 200);
constexpr std::uint8_t key_q = 24, key_o = 32;

ImagePtr plain(Colour colour, Size of = size) {
  auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(of, fps), nullptr));
  gst::draw_into(buffer.get(), of, fps, [&](const Picture& picture) {
    fill(picture, {0, 0, of.width, of.height}, colour);
  });
  return std::make_shared<const Image>(std::move(buffer), gst::raw_video_caps(of, fps).get());
}

struct DisplayTest : testing::Test, DisplayListener {
  static void SetUpTestSuite() {
    ASSERT_TRUE(gst::start());
    server = std::make_unique<Xvfb>();
    ASSERT_TRUE(server->runs()) << "is xvfb installed?";
  }
  static void TearDownTestSuite() { server.reset(); }

  void start(Display::Settings settings = {"ximagesink", {"front"}, "rover-7"}) {
    display = std::make_unique<Display>(loop, std::move(settings), *this, Log());
    display->start();
  }
  bool wait(const std::function<bool()>& done) { return loop.run_until(done, 20s); }
  /// Looks again and again: a window is mapped and drawn some time after it was asked for.
  bool see(int x, int y, const std::function<bool(Xvfb::Pixel)>& wanted) {
    const bool seen = wait([&] { return wanted(server->pixel(x, y)); });
    const auto pixel = server->pixel(x, y);
    EXPECT_TRUE(seen) << pixel.r << " " << pixel.g << " " << pixel.b << " at " << x << ", " << y;
    return seen;
  }
  static bool is_red(Xvfb::Pixel pixel) { return pixel.r > 180 && pixel.g < 80 && pixel.b < 80; }
  static bool is_green(Xvfb::Pixel pixel) { return pixel.g > 160 && pixel.r < 80 && pixel.b < 80; }
  static bool is_grey(Xvfb::Pixel pixel) { return pixel.light() > 190; }
  /// Letters on a dark ground.
  static bool written(int x, int y, int width, int height) {
    bool bright = false, dark = false;
    for (const auto pixel : server->pixels(x, y, width, height)) {
      bright = bright || pixel.light() > 180;
      dark = dark || pixel.light() < 110;
    }
    return bright && dark;
  }

  void on_shown(std::size_t camera, std::uint64_t id, Timestamp at) override {
    EXPECT_LE(at, loop.now());
    shown.emplace_back(camera, id);
  }
  void on_key(const std::string& key) override { keys.push_back(key); }
  void on_window_closed() override { closed = true; }
  void on_display_fault(const Error& error, Nanos) override { faults.push_back(error); }
  void on_fullscreen_refused(const Error& why) override { refused.push_back(why); }

  GlibLoop loop;
  Subscription ticking = loop.every(10ms, [] {});  // the screen is looked at again
  static inline std::unique_ptr<Xvfb> server;
  std::vector<std::pair<std::size_t, std::uint64_t>> shown;
  std::vector<std::string> keys;
  std::vector<Error> faults, refused;
  bool closed = false;
  std::unique_ptr<Display> display;
};

TEST_F(DisplayTest, PicturesAreSeenAndToldWithTheirNumbers) {
  start();
  display->show(0, plain(red), 7);
  ASSERT_TRUE(see(320, 180, is_red));
  ASSERT_TRUE(wait([&] { return !shown.empty(); }));
  EXPECT_EQ(shown.back(), (std::pair<std::size_t, std::uint64_t>{0, 7}));
  display->show(0, plain(green), 8);
  ASSERT_TRUE(see(320, 180, is_green));
  ASSERT_TRUE(wait([&] { return shown.back().second == 8; }));
  EXPECT_EQ(shown.size(), 2u) << "each once";
  EXPECT_EQ(server->size(server->window()), size);
  EXPECT_THAT(server->title(server->window()), HasSubstr("rover-7"));
  EXPECT_EQ(display->element(), "ximagesink");
  EXPECT_THAT(faults, IsEmpty());
}

TEST_F(DisplayTest, TheBestSinkOfGStreamersIsFound) {
  start({automatic_sink, {"front"}, "rover-7"});
  display->show(0, plain(red), 1);
  ASSERT_TRUE(see(320, 180, is_red));
  EXPECT_THAT(display->element(), HasSubstr("imagesink")) << "X's, or GL's where there is a GPU";
}

/// Latency hides in queues.
TEST_F(DisplayTest, WhatIsNewestOvertakesWhatWaits) {
  start();
  for (std::uint64_t id = 1; id <= 50; ++id) display->show(0, plain(id < 50 ? red : green), id);
  ASSERT_TRUE(see(320, 180, is_green));
  ASSERT_TRUE(wait([&] { return !shown.empty() && shown.back().second == 50; }));
  EXPECT_EQ(shown.size() + display->overtaken(), 50u);
  EXPECT_GT(display->overtaken(), 40u);
}

TEST_F(DisplayTest, TheOverlayIsWrittenOverThePictureAndNotIntoIt) {
  start();
  const ImagePtr image = plain(grey);
  display->show(0, image, 1);
  ASSERT_TRUE(see(10, 10, is_grey));
  display->set_overlay(0, {{"84 \xc2\xb1 20 ms  30 fps  2.4 Mbit/s", Tone::warning}, {"RTT 12 ms  loss 0.1 %"}});
  ASSERT_TRUE(wait([] { return written(0, 0, 200, 40); }));
  EXPECT_TRUE(is_grey(server->pixel(600, 300)));
  const gst::MappedBuffer bytes(image->buffer());
  EXPECT_EQ((std::set<std::uint8_t>(bytes.bytes().begin(), bytes.bytes().begin() + size.width * size.height)),
            (std::set<std::uint8_t>{grey.y}))
      << "what is recorded or saved has no figures in it";
  display->set_overlay(0, {});
  ASSERT_TRUE(see(10, 10, is_grey));
}

TEST_F(DisplayTest, ANoticeDimsThePictureAndTellsTheTimeWhileNothingComes) {
  start();
  display->show(0, plain(grey), 1);
  ASSERT_TRUE(see(20, 20, is_grey));
  display->set_notice(0, Notice{"FROZEN", "No new picture. Do not steer by this one.", Tone::alarm, loop.now()});
  ASSERT_TRUE(see(20, 20, [](Xvfb::Pixel pixel) { return pixel.light() < 110; }));
  const auto before = server->pixels(100, 100, 440, 160);
  ASSERT_TRUE(wait([&] { return server->pixels(100, 100, 440, 160) != before; })) << "the seconds go on";
  display->set_notice(0, std::nullopt);
  ASSERT_TRUE(see(20, 20, is_grey));
  EXPECT_EQ(shown.size(), 1u) << "a picture that is drawn again is not shown again";
}

TEST_F(DisplayTest, ANoticeOpensTheWindowBeforeAnyPicture) {
  start();
  display->set_notice(0, Notice{"WAITING FOR ROVER-7", "The robot is offline."});
  ASSERT_TRUE(wait([] { return written(300, 250, 700, 200); }));
  EXPECT_EQ(server->size(server->window()), Painter::usual);
  EXPECT_THAT(shown, IsEmpty());
}

TEST_F(DisplayTest, KeysAreHeard) {
  start();
  display->show(0, plain(red), 1);
  ASSERT_TRUE(see(320, 180, is_red));
  server->press(server->window(), key_o);
  server->press(server->window(), key_q);
  ASSERT_TRUE(wait([&] { return keys.size() == 2; }));
  EXPECT_THAT(keys, testing::ElementsAre("o", "q"));
}

TEST_F(DisplayTest, AWindowThatIsClosedStaysClosed) {
  start();
  display->show(0, plain(red), 1);
  ASSERT_TRUE(see(320, 180, is_red));
  server->close_window(server->window());
  display->show(0, plain(green), 2);  // GStreamer's sinks look when there is a picture
  ASSERT_TRUE(wait([&] { return closed && display->stopped(); }));
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(server->window(), 0u);
}

/// Xlib would end this process.
TEST_F(DisplayTest, AnXServerThatEndsIsAFaultAndItsSinkIsLeftToItself) {
  start();
  display->show(0, plain(red), 1);
  ASSERT_TRUE(see(320, 180, is_red));
  server.reset();
  ASSERT_TRUE(wait([&] { return !faults.empty(); }));
  EXPECT_THAT(faults.front().what, HasSubstr("X server"));
  ASSERT_TRUE(wait([&] { return faults.size() >= 3; })) << "it is tried again, without what hangs";
  EXPECT_THAT(faults.back().what, HasSubstr("no display"));
  EXPECT_FALSE(closed) << "not by the user";
  display.reset();
  SetUpTestSuite();
}

TEST_F(DisplayTest, FullScreenAndBack) {
  start({"ximagesink", {"front"}, "rover-7", true});
  display->show(0, plain(red), 1);
  ASSERT_TRUE(wait([] { return server->window() && server->size(server->window()) == Xvfb::screen; }));
  ASSERT_TRUE(see(1500, 500, is_red)) << "the picture grows with its window";
  display->set_fullscreen(false);
  ASSERT_TRUE(wait([] { return server->size(server->window()) != Xvfb::screen; }));
  display->show(0, plain(green), 2);
  ASSERT_TRUE(see(400, 250, is_green));
  EXPECT_THAT(refused, IsEmpty());
}

TEST_F(DisplayTest, WhoCannotFillTheScreenSaysWhoCan) {
  start({"fakevideosink", {"front"}, "rover-7", true});
  display->show(0, plain(red), 1);
  ASSERT_TRUE(wait([&] { return !refused.empty(); }));
  EXPECT_THAT(refused.front().text(), HasSubstr("ximagesink"));
}

TEST_F(DisplayTest, SeveralCamerasLieInAGridEachWithItsName) {
  start({"ximagesink", {"front", "rear", "arm"}, "rover-7"});
  display->show(0, plain(red), 1);
  display->show(1, plain(green, {320, 240}), 2);
  ASSERT_TRUE(see(320, 180, is_red));
  ASSERT_TRUE(see(960, 180, is_green));
  EXPECT_EQ(server->pixel(650, 100).light(), 0) << "beside a picture of other proportions";
  EXPECT_EQ(server->pixel(320, 500).light(), 0) << "no picture came yet";
  EXPECT_TRUE(written(0, 335, 100, 25)) << "its name";
  display->set_notice(2, Notice{"OFFLINE", "No signal."});
  ASSERT_TRUE(wait([] { return written(200, 480, 240, 100); }));
  EXPECT_TRUE(is_red(server->pixel(320, 180))) << "the others are live";
  EXPECT_THAT(shown, Contains(std::pair<std::size_t, std::uint64_t>{1, 2}));
}

/// Decoders have few buffers.
TEST_F(DisplayTest, OfEachCameraTheNewestIsKeptAndNoOther) {
  start({"ximagesink", {"front", "rear"}, "rover-7"});
  EXPECT_FALSE(display->picture(1));
  ImagePtr older = plain(red), newer = plain(green);
  const std::weak_ptr<const Image> first = older, second = newer;
  display->show(1, std::exchange(older, nullptr), 1);
  EXPECT_EQ(display->picture(1), first.lock());
  display->show(1, std::exchange(newer, nullptr), 2);
  EXPECT_EQ(display->picture(1), second.lock());
  EXPECT_FALSE(display->picture(0));
  EXPECT_TRUE(wait([&] { return first.expired(); }));
  display.reset();
  EXPECT_TRUE(wait([&] { return second.expired(); }));
}

TEST_F(DisplayTest, NoneTakesPicturesAndKeepsNone) {
  start({no_sink, {"front"}, "rover-7"});
  const ImagePtr image = plain(red);
  display->show(0, image, 1);
  display->set_overlay(0, {{"30 fps"}});
  EXPECT_EQ(image.use_count(), 1);
  EXPECT_FALSE(display->open());
  EXPECT_EQ(server->window(), 0u);
}

struct NoDisplayTest : DisplayTest, testing::WithParamInterface<const char*> {
  static void SetUpTestSuite() {
    ASSERT_TRUE(gst::start());
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
  }
};

TEST_P(NoDisplayTest, SaysWhatToDo) {
  start({GetParam(), {"front"}, "rover-7"});
  ASSERT_TRUE(wait([&] { return !faults.empty(); }));
  EXPECT_THAT(faults.front().what, HasSubstr("no display"));
  EXPECT_THAT(faults.front().fix, HasSubstr("--display none receives without one"));
  EXPECT_EQ(faults.front().next, Next::give_up);
}
INSTANTIATE_TEST_SUITE_P(Sinks, NoDisplayTest, testing::Values(automatic_sink, "ximagesink"));

TEST(VideoSinks, AreNamedByWhatIsInstalled) {
  ASSERT_TRUE(gst::start());
  EXPECT_EQ(parse_display("none"), "none");
  EXPECT_EQ(parse_display("autovideosink"), "autovideosink");
  EXPECT_EQ(parse_display("ximagesink"), "ximagesink");
  const auto unknown = parse_display("ximagsink");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().fix, HasSubstr("the nearest is ximagesink; there are auto, none, "));
  const auto named = unknown.error().fix.find(automatic_sink);
  EXPECT_EQ(named, unknown.error().fix.rfind(automatic_sink)) << "once";
  EXPECT_FALSE(parse_display("videotestsrc"));
  EXPECT_FALSE(parse_display("ximagesink ! fakesink"));
}

}  // namespace
}  // namespace bigfoot::media
