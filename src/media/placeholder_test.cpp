#include "media/placeholder.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WrapWords, BreaksBetweenWordsAndSaysWhenThereIsMore) {
  EXPECT_THAT(wrap_words("", 10, 3), IsEmpty());
  EXPECT_THAT(wrap_words("no picture", 10, 3), ElementsAre("no picture"));
  EXPECT_THAT(wrap_words("is the camera plugged in", 10, 3), ElementsAre("is the", "camera", "plugged in"));
  EXPECT_THAT(wrap_words("/dev/v4l/by-id/usb", 8, 3), ElementsAre("/dev/v4l", "/by-id/u", "sb"));
  EXPECT_THAT(wrap_words("one two three four five", 9, 2), ElementsAre("one two", "three..."));
}

TEST(WrapWords, CountsSignsNotBytesAndCutsNone) {
  EXPECT_THAT(wrap_words("Köln · Süd · Tür", 10, 3), ElementsAre("Köln · Süd", "· Tür"));
  EXPECT_THAT(wrap_words("äöüßäöüßäöüß", 8, 3), ElementsAre("äöüßäöüß", "äöüß"));
  EXPECT_THAT(wrap_words("äöüßäöüßäöüß", 8, 1), ElementsAre("äöüßä..."));
  EXPECT_THAT(wrap_words("\xC3\xC3\xB6\x80\x80", 2, 3), ElementsAre("\xC3\xC3\xB6", "\x80\x80")) << "no UTF-8 at all";
}

TEST(WrapWords, KeepsTheLinesOfARefusal) {
  EXPECT_THAT(
      wrap_words("it offers: MJPG 1280x720@30 · YUYV 1280x720@10\ntry: --camera 'front=v4l2:/dev/video0'", 40, 6),
      ElementsAre("it offers: MJPG 1280x720@30 · YUYV", "1280x720@10", "try: --camera 'front=v4l2:/dev/video0'"));
  EXPECT_THAT(wrap_words("one \n two\n", 8, 3), ElementsAre("one ", " two"));
  EXPECT_THAT(wrap_words("one\ntwo\nthree", 8, 2), ElementsAre("one", "two..."));
}

struct Canvas {
  explicit Canvas(Size size) : bytes(static_cast<std::size_t>(size.width) * size.height * 3 / 2, 0) {
    const std::size_t luma = static_cast<std::size_t>(size.width) * size.height;
    picture = {size, bytes.data(), bytes.data() + luma, bytes.data() + luma * 5 / 4, size.width, size.width / 2};
  }
  std::size_t bright() const {
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(picture.size.width) * picture.size.height;
    return static_cast<std::size_t>(std::count_if(bytes.begin(), end, [](std::uint8_t y) { return y > 120; }));
  }
  Bytes bytes;
  Picture picture;
};

TEST(DrawPlaceholder, MoreWordsMoreInkAtEverySize) {
  for (const Size size : {Size{1920, 1080}, Size{1280, 720}, Size{320, 180}, Size{180, 320}, Size{16, 16}}) {
    Canvas little(size), much(size);
    draw_placeholder(little.picture, {"front", "gone", ""});
    draw_placeholder(much.picture, {"front", "/dev/video0 does not open: No such file or directory",
                                    "is the camera plugged in? `ls /dev/v4l/by-id` shows what is"});
    if (size.width < 100) continue;  // a few pixels hold no words
    EXPECT_GT(little.bright(), 0u) << size.text();
    EXPECT_GT(much.bright(), little.bright()) << size.text();
  }
}

TEST(DrawPlaceholder, ALongRefusalStaysOnThePicture) {
  std::string offers = "it offers: YUYV 640x480@30";
  for (int i = 0; i < 40; ++i) offers += " · YUYV 640x480@30";
  for (const Size size : {Size{1280, 720}, Size{320, 180}}) {
    Canvas canvas(size);
    draw_placeholder(canvas.picture, {"front", std::string(400, 'a'), offers});
    const auto* below = canvas.picture.y_row(size.height * 99 / 100);
    EXPECT_EQ(std::count_if(below, below + size.width, [](std::uint8_t y) { return y > 120; }), 0) << size.text();
  }
}

}  // namespace
}  // namespace bigfoot::media
