#include "media/test_pattern.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace bigfoot::media {
namespace {

/// A picture with a fence around each plane that nobody may touch.
struct Canvas {
  explicit Canvas(Size size) : picture{size, nullptr, nullptr, nullptr, size.width + 32, size.width / 2 + 32} {
    const auto plane = [&](int width, int height, int stride) {
      starts.push_back(bytes.size() + static_cast<std::size_t>(stride));
      bytes.resize(bytes.size() + static_cast<std::size_t>(stride) * (height + 2), fence);
      widths.push_back(width);
      heights.push_back(height);
      strides.push_back(stride);
    };
    plane(size.width, size.height, picture.y_stride);
    plane(size.width / 2, size.height / 2, picture.uv_stride);
    plane(size.width / 2, size.height / 2, picture.uv_stride);
    picture.y = &bytes[starts[0]];
    picture.u = &bytes[starts[1]];
    picture.v = &bytes[starts[2]];
  }
  bool fence_stands() const {
    Bytes inside = bytes;
    for (std::size_t plane = 0; plane < 3; ++plane)
      for (int y = 0; y < heights[plane]; ++y)
        std::fill_n(&inside[starts[plane] + static_cast<std::size_t>(y) * strides[plane]], widths[plane], fence);
    return inside == Bytes(bytes.size(), fence);
  }
  static constexpr std::uint8_t fence = 0xEE;
  Bytes bytes;
  std::vector<std::size_t> starts;
  std::vector<int> widths, heights, strides;
  Picture picture;
};

const StampTime noon{Micros(1'800'000'000'123'456)};

TEST(TestPicture, StaysInsideEverySize) {
  for (const Size size : {Size{16, 16}, Size{64, 48}, Size{160, 120}, Size{320, 180}, Size{322, 242}, Size{640, 480},
                          Size{720, 1280}, Size{1280, 720}, Size{1920, 1080}})
    for (const TestPattern pattern : {TestPattern::rover, TestPattern::plain}) {
      const TestPicture drawer(pattern, size, {30, 1}, "a rather long camera name");
      Canvas canvas(size);
      for (const Nanos time : {Nanos{0}, Nanos{7s}, Nanos{12345678901ns}, Nanos{std::chrono::hours(900)}}) {
        drawer.draw_scene(canvas.picture, time);
        drawer.draw_time(canvas.picture, 4'000'000'000u, noon);
      }
      EXPECT_TRUE(canvas.fence_stands()) << size.text();
    }
}

TEST(TestPicture, CarriesItsStampFrom320PixelsOn) {
  for (const Size size : {Size{320, 180}, Size{854, 480}, Size{1280, 720}}) {
    const TestPicture drawer(TestPattern::rover, size, {30, 1}, "front");
    Canvas canvas(size);
    drawer.draw_scene(canvas.picture, 1s);
    drawer.draw_time(canvas.picture, 77, noon);
    const Picture& p = canvas.picture;
    const LumaView view{BytesView(p.y, static_cast<std::size_t>(p.y_stride) * size.height), size.width, size.height,
                        p.y_stride};
    EXPECT_EQ(read_stamp(view), (Stamp{77, noon, stamp_camera_hash("front")})) << size.text();
    for (int x = 0; x < size.width / 2; ++x) EXPECT_EQ(p.u_row(0)[x], 128);
  }
}

TEST(TestPicture, MovesAndIsTheSameForTheSameTime) {
  const Size size{640, 360};
  const TestPicture drawer(TestPattern::rover, size, {30, 1}, "front");
  Canvas a(size), b(size), later(size);
  drawer.draw_scene(a.picture, 5s);
  drawer.draw_scene(b.picture, 5s);
  drawer.draw_scene(later.picture, 5s + 33ms);
  EXPECT_EQ(a.bytes, b.bytes);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < a.bytes.size(); ++i) moved += a.bytes[i] != later.bytes[i];
  EXPECT_GT(moved, a.bytes.size() / 8);
}

TEST(TestPicture, ThePlainPatternStandsStill) {
  const Size size{640, 360};
  const TestPicture drawer(TestPattern::plain, size, {30, 1}, "front");
  Canvas a(size), later(size);
  drawer.draw_scene(a.picture, 5s);
  drawer.draw_scene(later.picture, 6s);
  EXPECT_EQ(a.bytes, later.bytes);
}

}  // namespace
}  // namespace bigfoot::media
