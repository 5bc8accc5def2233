#include "media/v4l2_mode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

V4l2Mode mode(const std::string& fourcc, Size size, std::vector<FrameRate> rates) {
  return {fourcc, size, size, {1, 1}, std::move(rates), false};
}
V4l2Device device(std::vector<V4l2Mode> modes) {
  V4l2Device made;
  made.card = "HD Webcam C270";
  made.modes = std::move(modes);
  return made;
}
V4l2Wanted want(Size size, FrameRate fps, const std::string& format = "auto") {
  return {"/dev/video0", format, size, fps};
}

/// What most USB cameras give: 720p at 30 only as MJPEG.
const V4l2Device webcam = device({mode("YUYV", {640, 480}, {{30, 1}, {15, 1}}), mode("YUYV", {1280, 720}, {{10, 1}}),
                                  mode("MJPG", {640, 480}, {{30, 1}}), mode("MJPG", {1280, 720}, {{30, 1}, {15, 1}})});
/// A range of sizes, as a CSI camera behind unicam says it: no rates.
const V4l2Device ranged = device({{"UYVY", {1920, 1080}, {32, 32}, {2, 2}, {}, false}});

V4l2Choice taken(const V4l2Device& from, const V4l2Wanted& wanted, const std::vector<V4l2RuledOut>& out = {}) {
  const auto choice = choose_v4l2_mode(from, wanted, out);
  EXPECT_TRUE(choice) << (choice ? "" : choice.error().text());
  return choice.value_or(V4l2Choice{});
}

TEST(V4l2Mode, TheCheapestThatReachesSizeAndRate) {
  EXPECT_EQ(taken(webcam, want({640, 480}, {30, 1})).text(), "YUYV 640x480@30");
  EXPECT_EQ(taken(webcam, want({1280, 720}, {30, 1})).text(), "MJPG 1280x720@30");
  EXPECT_EQ(taken(webcam, want({1280, 720}, {10, 1})).text(), "YUYV 1280x720@10");
  EXPECT_EQ(taken(webcam, want({640, 480}, {30, 1}, "mjpeg")).fourcc, "MJPG");
  EXPECT_EQ(taken(webcam, want({640, 480}, {30, 1}, "MJPG")).fourcc, "MJPG");
  EXPECT_EQ(taken(webcam, want({640, 480}, {30, 1}, "YUYV")).fourcc, "YUYV");
}

TEST(V4l2Mode, FormatsInTheOrderOfTheirCost) {
  std::vector<V4l2Mode> modes;
  const std::vector<std::string> cheapest_first{"YU12", "NV12", "YUYV", "RGB3", "MJPG"};
  for (auto fourcc = cheapest_first.rbegin(); fourcc != cheapest_first.rend(); ++fourcc) {
    modes.push_back(mode(*fourcc, {1280, 720}, {{30, 1}}));
    modes.push_back(mode("H264", {1280, 720}, {{30, 1}}));
    EXPECT_EQ(taken(device(modes), want({1280, 720}, {30, 1})).fourcc, *fourcc);
  }
}

TEST(V4l2Mode, WhatLosesColourIsTakenOnlyWhenNothingElseReachesSizeAndRate) {
  const Size size{640, 480};
  const auto both = device({mode("GREY", size, {{60, 1}, {30, 1}}), mode("Y16 ", size, {{30, 1}}),
                            mode("RGBP", size, {{30, 1}}), mode("MJPG", size, {{30, 1}})});
  EXPECT_EQ(taken(both, want(size, {30, 1})).fourcc, "MJPG");
  EXPECT_EQ(taken(both, want(size, {30, 1}, "raw")).fourcc, "RGBP") << "five bits of each colour, but colour";
  EXPECT_EQ(taken(both, want(size, {60, 1})).fourcc, "GREY");
  EXPECT_EQ(taken(both, want(size, {30, 1}, "GREY")).fourcc, "GREY");
  EXPECT_EQ(taken(both, want(size, {30, 1}, "Y16 ")).fourcc, "Y16 ");
  EXPECT_EQ(v4l2_offers(both, want(size, {30, 1})).front().fourcc, "MJPG") << "nor is it the line to try";
}

TEST(V4l2Mode, TheCamerasOwnH264IsTheLastOfAutoForNothingCanBeAskedOfIt) {
  const auto own = device({mode("H264", {1280, 720}, {{30, 1}}), mode("MJPG", {1280, 720}, {{10, 1}}),
                           mode("GREY", {1280, 720}, {{30, 1}}), mode("MJPG", {640, 480}, {{30, 1}})});
  EXPECT_EQ(taken(own, want({1280, 720}, {30, 1})).fourcc, "H264") << "only it reaches size and rate in colour";
  EXPECT_EQ(taken(own, want({1280, 720}, {10, 1})).fourcc, "MJPG");
  EXPECT_EQ(taken(own, want({640, 480}, {30, 1})).fourcc, "MJPG");
  EXPECT_FALSE(choose_v4l2_mode(own, want({640, 480}, {60, 1})));
  EXPECT_EQ(taken(own, want({1280, 720}, {30, 1}, "h264")).fourcc, "H264");
  EXPECT_EQ(taken(own, want({1280, 720}, {30, 1}, "H264")).fourcc, "H264");
}

TEST(V4l2Mode, TheRateThatTheCameraSays) {
  const auto ntsc = device({mode("YUYV", {640, 480}, {{60, 1}, {30000, 1001}, {15, 1}})});
  EXPECT_EQ(taken(ntsc, want({640, 480}, {30, 1})).rate, (FrameRate{30000, 1001})) << "29.97 is 30 to a person";
  EXPECT_EQ(taken(ntsc, want({640, 480}, {20, 1})).rate, (FrameRate{30000, 1001})) << "the slowest that is enough";
  EXPECT_EQ(taken(ntsc, want({640, 480}, {50, 1})).rate, (FrameRate{60, 1}));
  EXPECT_FALSE(choose_v4l2_mode(ntsc, want({640, 480}, {90, 1})));
  EXPECT_EQ(taken(ranged, want({640, 480}, {50, 1})).rate, (FrameRate{50, 1})) << "it does not say";
  const auto between = device({{"NV12", {640, 480}, {640, 480}, {1, 1}, {{60, 1}, {5, 1}}, true}});
  EXPECT_EQ(taken(between, want({640, 480}, {24, 1})).rate, (FrameRate{24, 1}));
  EXPECT_EQ(taken(between, want({640, 480}, {2, 1})).rate, (FrameRate{5, 1}));
  EXPECT_FALSE(choose_v4l2_mode(between, want({640, 480}, {61, 1})));
}

TEST(V4l2Mode, ASizeOfARange) {
  EXPECT_EQ(taken(ranged, want({1280, 720}, {30, 1})).text(), "UYVY 1280x720@30");
  EXPECT_FALSE(choose_v4l2_mode(ranged, want({2560, 1440}, {30, 1})));
  const auto coarse = device({{"NV12", {1920, 1080}, {64, 64}, {16, 8}, {}, false}});
  EXPECT_EQ(taken(coarse, want({1280, 720}, {30, 1})).size, (Size{1280, 720}));
  const auto odd = choose_v4l2_mode(coarse, want({1270, 720}, {30, 1}));
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error().fix, HasSubstr("NV12 1280x720@30"));
}

TEST(V4l2Mode, AModeThatBreaksItsPromiseIsRuledOut) {
  const V4l2RuledOut raw{{"YUYV", {640, 480}, {30, 1}}, 12}, packed{{"MJPG", {640, 480}, {30, 1}}, 14};
  const auto wanted = want({640, 480}, {30, 1});
  EXPECT_EQ(taken(webcam, wanted, {raw}).text(), "MJPG 640x480@30");
  EXPECT_EQ(taken(webcam, wanted, {raw, packed}).text(), "MJPG 640x480@30") << "where all are, what gave the most";
  EXPECT_EQ(taken(webcam, wanted, {packed, raw}).text(), "MJPG 640x480@30");
  EXPECT_EQ(taken(webcam, want({640, 480}, {30, 1}, "YUYV"), {raw}).text(), "YUYV 640x480@30")
      << "few pictures are more than none";
  EXPECT_EQ(taken(webcam, want({640, 480}, {15, 1}), {raw}).text(), "YUYV 640x480@15") << "another rate";
}

TEST(V4l2Mode, OnABusThatIsTooSlowForPicturesTheCamerasOwnH264IsLeft) {
  const Size size{1280, 720};
  const auto all =
      device({mode("YUYV", size, {{30, 1}}), mode("MJPG", size, {{30, 1}}), mode("H264", size, {{30, 1}})});
  const V4l2RuledOut raw{{"YUYV", size, {30, 1}}, 5}, packed{{"MJPG", size, {30, 1}}, 20};
  EXPECT_EQ(taken(all, want(size, {30, 1}), {raw}).fourcc, "MJPG");
  EXPECT_EQ(taken(all, want(size, {30, 1}), {raw, packed}).fourcc, "H264");
}

TEST(V4l2Mode, GreyIsNoWayOutForAColourThatIsSlow) {
  const Size size{640, 480};
  const auto both = device({mode("GREY", size, {{30, 1}}), mode("MJPG", size, {{30, 1}})});
  EXPECT_EQ(taken(both, want(size, {30, 1}), {{{"MJPG", size, {30, 1}}, 14}}).fourcc, "MJPG");
}

TEST(V4l2Mode, ARefusalNamesWhatIsRefusedAndTheNearestFirst) {
  const auto camera = device({mode("YUYV", {640, 480}, {{30, 1}}), mode("YUYV", {1280, 720}, {{10, 1}, {5, 1}}),
                              mode("MJPG", {1280, 720}, {{60, 1}, {30, 1}})});
  const auto refused = choose_v4l2_mode(camera, want({1280, 720}, {30, 1}, "NV12"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "/dev/video0 refuses 1280x720 at 30 fps as NV12");
  EXPECT_EQ(refused.error().fix, "it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30");
  const auto fast = choose_v4l2_mode(camera, want({1280, 720}, {90, 1}));
  EXPECT_EQ(fast.error().what, "/dev/video0 refuses 1280x720 at 90 fps");
  EXPECT_THAT(fast.error().fix, HasSubstr("it offers: MJPG 1280x720@60 · "));
  EXPECT_THAT(choose_v4l2_mode(device({}), want({640, 480}, {30, 1})).error().fix,
              HasSubstr("neither raw nor MJPEG nor H.264"));
}

TEST(V4l2Mode, ALongListIsCut) {
  std::vector<V4l2Mode> modes;
  for (int i = 1; i <= 20; ++i) modes.push_back(mode("YUYV", {64 * i, 48 * i}, {{30, 1}}));
  const auto refused = choose_v4l2_mode(device(modes), want({650, 480}, {30, 1}));
  EXPECT_THAT(refused.error().fix, HasSubstr("it offers: YUYV 640x480@30 · "));
  EXPECT_THAT(refused.error().fix, HasSubstr(" and 12 more"));
  EXPECT_THAT(refused.error().fix, Not(HasSubstr("1280x960")));
}

TEST(V4l2Mode, OfALongListEachSizeAndRateIsNamedOnce) {
  std::vector<V4l2Mode> modes;
  for (const char* fourcc : {"RGB3", "YUYV", "NV12", "UYVY"})
    for (const Size size : {Size{640, 480}, Size{1280, 720}})
      modes.push_back(mode(fourcc, size, {{size.width == 640 ? 30 : 10, 1}}));
  const auto wanted = want({1280, 720}, {30, 1});
  EXPECT_EQ(choose_v4l2_mode(device(modes), wanted).error().fix,
            "it offers: NV12 1280x720@10 · YUYV 1280x720@10 · UYVY 1280x720@10 · RGB3 1280x720@10 · "
            "NV12 640x480@30 · YUYV 640x480@30 · UYVY 640x480@30 · RGB3 640x480@30");
  modes.push_back(mode("YU12", {320, 240}, {{30, 1}}));
  EXPECT_EQ(choose_v4l2_mode(device(modes), wanted).error().fix,
            "it offers: NV12 1280x720@10 · NV12 640x480@30 · YU12 320x240@30 and 6 more");
}

TEST(V4l2Format, IsReadInAnyCaseAndByEitherName) {
  EXPECT_EQ(parse_v4l2_format("auto").value(), "auto");
  EXPECT_EQ(parse_v4l2_format("MJPEG").value(), "mjpeg");
  EXPECT_EQ(parse_v4l2_format("mjpg").value(), "MJPG");
  EXPECT_EQ(parse_v4l2_format("nv12").value(), "NV12");
  EXPECT_EQ(parse_v4l2_format("YUY2").value(), "YUYV");
  EXPECT_EQ(parse_v4l2_format("I420").value(), "YU12");
  for (const char* grey : {"Y16", "y16 "}) EXPECT_EQ(parse_v4l2_format(grey).value(), "Y16 ");
  EXPECT_THAT(parse_v4l2_format("yuvv").error().fix, HasSubstr("nearest is YUYV"));
  for (const auto& row : v4l2_formats()) EXPECT_EQ(v4l2_format(row.fourcc), &row) << "no FourCC stands twice";
}

}  // namespace
}  // namespace bigfoot::media
