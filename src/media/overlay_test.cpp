#include "media/overlay.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace bigfoot::media {
namespace {

struct OverlayTest : testing::Test {
  static constexpr Size size{640, 360};
  OverlayTest() { fill(picture, {0, 0, size.width, size.height}, rgb(200, 200, 200)); }

  int luma(int x, int y) const { return picture.y_row(y)[x]; }
  /// The largest, and the least.
  std::pair<int, int> range(Area area) const {
    std::pair<int, int> found{0, 255};
    for (int y = area.y; y < area.y + area.height; ++y)
      for (int x = area.x; x < area.x + area.width; ++x)
        found = {std::max(found.first, luma(x, y)), std::min(found.second, luma(x, y))};
    return found;
  }

  Bytes bytes = Bytes(size.width * size.height * 3 / 2);
  Picture picture{
      size,       bytes.data(),  bytes.data() + size.width* size.height, bytes.data() + size.width* size.height * 5 / 4,
      size.width, size.width / 2};
  OverlayPainter painter;
};

TEST_F(OverlayTest, LinesStandOnADarkGroundAtTheTopLeft) {
  const int plain = luma(600, 300);
  painter.lines(picture, {0, 0, size.width, size.height}, {{"84 ms"}, {"30 fps"}});
  const auto [bright, dark] = range({0, 0, 100, 40});
  EXPECT_GT(bright, 220);
  EXPECT_LT(dark, 90);
  EXPECT_EQ(luma(600, 300), plain);
  EXPECT_EQ(luma(300, 10), plain) << "no further than the text";
}

TEST_F(OverlayTest, LinesLeaveRoomForANotice) {
  const Area area{0, 0, 320, 180};
  const std::vector<OverlayLine> lines(8, {"DELAY 84 MS"});
  painter.lines(picture, area, lines);
  EXPECT_LT(luma(10, 80), 110);
  fill(picture, {0, 0, size.width, size.height}, rgb(200, 200, 200));
  const int plain = luma(10, 80);
  painter.lines(picture, area, lines, true);
  EXPECT_LT(luma(10, 2), 110);
  EXPECT_EQ(luma(10, 80), plain) << "FROZEN begins there";
}

TEST_F(OverlayTest, ToneIsTheColourOfItsLine) {
  painter.lines(picture, {0, 0, size.width, size.height}, {{"260 ms", Tone::alarm}});
  const Colour red = rgb(255, 80, 70);
  bool found = false;
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 60; ++x) found = found || (picture.u_row(y)[x] == red.u && picture.v_row(y)[x] == red.v);
  EXPECT_TRUE(found);
}

TEST_F(OverlayTest, ANoticeDimsItsAreaAlone) {
  const int plain = luma(600, 300);
  painter.notice(picture, {0, 0, 320, 180}, {"FROZEN", "No new picture.", Tone::alarm, Timestamp{10s}}, Timestamp{13s});
  EXPECT_LT(luma(4, 4), plain / 2);
  EXPECT_EQ(luma(330, 4), plain);
  EXPECT_EQ(luma(4, 190), plain);
}

TEST_F(OverlayTest, TheSecondsOfANoticeGoOn) {
  const auto drawn = [&](Timestamp now) {
    fill(picture, {0, 0, size.width, size.height}, rgb(200, 200, 200));
    painter.notice(picture, {0, 0, size.width, size.height}, {"FROZEN", "", Tone::alarm, Timestamp{10s}}, now);
    return bytes;
  };
  EXPECT_NE(drawn(Timestamp{13s}), drawn(Timestamp{14s}));
  EXPECT_EQ(drawn(Timestamp{9s}), drawn(Timestamp{10s})) << "a time in the future is none";
}

TEST_F(OverlayTest, ANoticeIsWholeHoweverLongItIs) {
  const std::string title = "Waiting for the first picture";
  const std::string advice =
      "waiting for the server wss://fleet.example.org/signaling: the connection was refused, trying again";
  painter.notice(picture, {0, 0, 640, 360}, {title, advice}, Timestamp{1h});
  EXPECT_LT(range({0, 0, 14, 360}).first, 100) << "nothing at the edges, as of what is cut";
  EXPECT_LT(range({626, 0, 14, 360}).first, 100);
  const int step = static_cast<int>(360 / 14.0 * 0.4 * 1.9), first = 180 + static_cast<int>(360 / 14.0 * 0.6);
  EXPECT_GT(range({0, first, 640, 8}).first, 200);
  EXPECT_GT(range({0, first + step, 640, 8}).first, 200) << "a second line";
}

/// Names and reasons come from elsewhere.
TEST_F(OverlayTest, WhatIsTooLongOrTooLowIsCut) {
  const std::string endless(5000, 'W');
  for (const Area area : {Area{0, 0, 64, 36}, Area{600, 340, 80, 80}, Area{0, 0, 2, 2}, Area{0, 0, 640, 360}}) {
    painter.lines(picture, area, std::vector<OverlayLine>(100, {endless, Tone::warning}));
    painter.label(picture, area, endless);
    painter.notice(picture, area, {endless, endless, Tone::alarm, Timestamp{}}, Timestamp{1h});
  }
  painter.lines(picture, {0, 0, 640, 360}, {{"\xe4\xbd\xa0\xe5\xa5\xbd \xff\xc2"}});
  EXPECT_NE(bytes.back(), 0);
}

}  // namespace
}  // namespace bigfoot::media
