#include "media/painter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"
#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

constexpr FrameRate fps{30, 1};
constexpr Timestamp now{1h};

ImagePtr plain(Size size, std::uint8_t luma) {
  auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, fps), nullptr));
  gst::draw_into(buffer.get(), size, fps, [&](const Picture& picture) {
    fill(picture, {0, 0, size.width, size.height}, {luma, 128, 128});
  });
  return std::make_shared<const Image>(std::move(buffer), gst::raw_video_caps(size, fps).get());
}

int luma(const Image& image, int x, int y) {
  int found = -1;
  gst::draw_into(image.buffer(), image.size(), fps, [&](const Picture& picture) { found = picture.y_row(y)[x]; });
  return found;
}

struct PainterTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  Painter painter;
};

TEST_F(PainterTest, OnePictureWithNothingOverItIsShownAsItIs) {
  Stage::Content content{{{"front", plain({320, 180}, 100)}}, {}};
  const ImagePtr& image = content.tiles[0].image;
  EXPECT_EQ(painter.paint(content, now), image) << "no copy";
  EXPECT_EQ(painter.paint(content, now, Size{320, 180}), image);
  content.tiles[0].overlay = {{"30 fps"}};
  const ImagePtr painted = painter.paint(content, now);
  ASSERT_NE(painted, image);
  EXPECT_EQ(painted->size(), image->size());
  EXPECT_NEAR(luma(*painted, 300, 170), 100, 2);
  EXPECT_EQ(luma(*image, 4, 4), 100) << "that of the decoder is not written to";
}

TEST_F(PainterTest, APictureOfWhateverRateAndKindIsDrawn) {
  for (const char* other : {"framerate=(fraction)10/1", "framerate=(fraction)0/1", "interlace-mode=(string)mixed"}) {
    const ImagePtr image = plain({320, 180}, 100);
    auto caps = gst::adopt(gst_caps_copy(image->caps()));
    const auto field = gst::adopt(gst_caps_from_string(("video/x-raw," + std::string(other)).c_str()));
    const GstStructure* words = gst_caps_get_structure(field.get(), 0);
    const char* name = gst_structure_nth_field_name(words, 0);
    gst_caps_set_value(caps.get(), name, gst_structure_get_value(words, name));
    auto buffer = gst::share(image->buffer());
    Stage::Content content{{{"front", std::make_shared<const Image>(std::move(buffer), caps.get())}}, {}};
    content.tiles[0].overlay = {{"30 fps"}};
    const ImagePtr painted = painter.paint(content, now);
    ASSERT_TRUE(painted) << other;
    EXPECT_NEAR(luma(*painted, 300, 170), 100, 2) << other;
  }
}

TEST_F(PainterTest, AWindowOfOtherProportionsHasBlackBesideThePicture) {
  const Stage::Content content{{{"front", plain({320, 180}, 100)}}, {}};
  const ImagePtr painted = painter.paint(content, now, Size{640, 640});
  ASSERT_TRUE(painted);
  EXPECT_EQ(painted->size(), (Size{640, 640}));
  EXPECT_NEAR(luma(*painted, 320, 320), 100, 2);
  EXPECT_EQ(luma(*painted, 320, 40), 16);
  EXPECT_EQ(luma(*painted, 320, 600), 16);
}

TEST_F(PainterTest, TheFiguresOfACameraStandOverItsOwnPicture) {
  Stage::Content content{{{"a", plain({640, 360}, 200)}, {"b", plain({640, 360}, 200)}}, {}};
  content.tiles[1].overlay = {{"DELAY 84 MS"}, {"30 FPS"}};
  const ImagePtr painted = painter.paint(content, now);
  EXPECT_NEAR(luma(*painted, 2, 2), 200, 2);
  EXPECT_LT(luma(*painted, 642, 2), 100);
}

TEST_F(PainterTest, SeveralShareTheWindow) {
  Stage::Content content{{{"a", plain({320, 180}, 60)}, {"b", plain({320, 180}, 120)}, {"c", nullptr}}, {}};
  for (const auto& [window, whole] :
       {std::pair{std::optional<Size>(), Size{1280, 720}}, std::pair{std::optional(Size{801, 451}), Size{800, 448}}}) {
    const ImagePtr painted = painter.paint(content, now, window);
    ASSERT_TRUE(painted);
    EXPECT_EQ(painted->size(), whole);
    EXPECT_NEAR(luma(*painted, whole.width / 4, whole.height / 4), 60, 2);
    EXPECT_NEAR(luma(*painted, whole.width * 3 / 4, whole.height / 4), 120, 2);
    EXPECT_EQ(luma(*painted, whole.width / 4, whole.height * 3 / 4), 16);
  }
  content.tiles[0].image = plain({640, 480}, 200);
  EXPECT_NEAR(luma(*painter.paint(content, now), 320, 180), 200, 2) << "a new picture of another size";
}

TEST_F(PainterTest, WhatIsNoRawPictureIsLeftOut) {
  const auto nothing = std::make_shared<const Image>(gst::adopt(gst_buffer_new()), nullptr);
  const ImagePtr painted = painter.paint({{{"a", nothing}, {"b", plain({320, 180}, 120)}}, {}, {}}, now);
  ASSERT_TRUE(painted);
  EXPECT_NEAR(luma(*painted, 960, 180), 120, 2);
}

TEST(PainterGrid, IsAsSquareAsItCanBe) {
  const auto last = [](std::size_t cells) {
    const Area area = Painter::grid(cells, {10, 10}).back();
    return std::pair(area.x / 10, area.y / 10);
  };
  EXPECT_EQ(last(1), std::pair(0, 0));
  EXPECT_EQ(last(2), std::pair(1, 0));
  EXPECT_EQ(last(4), std::pair(1, 1));
  EXPECT_EQ(last(6), std::pair(2, 1));
  EXPECT_EQ(last(9), std::pair(2, 2));
}

}  // namespace
}  // namespace bigfoot::media
