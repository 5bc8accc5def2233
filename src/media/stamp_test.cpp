#include "media/stamp.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bigfoot::media {
namespace {

const Stamp sample{123'456'789, StampTime(Micros(1'800'000'000'123'456)), 0x5A};

struct Picture {
  int width, height;
  Bytes luma = Bytes(static_cast<std::size_t>(width) * height, 90);
  LumaView view() const { return {luma, width, height, width}; }
};

Picture drawn(int width, const Stamp& stamp = sample) {
  Picture picture{width, stamp_rows(width) + 20};
  EXPECT_TRUE(draw_stamp(stamp, picture.luma.data(), width, {width, picture.height}));
  return picture;
}

Picture half(const Picture& from) {
  Picture to{from.width / 2, from.height / 2};
  for (int y = 0; y < to.height; ++y)
    for (int x = 0; x < to.width; ++x) {
      const std::uint8_t* p = &from.luma[static_cast<std::size_t>(2 * y) * from.width + 2 * x];
      to.luma[static_cast<std::size_t>(y) * to.width + x] =
          static_cast<std::uint8_t>((p[0] + p[1] + p[from.width] + p[from.width + 1] + 2) / 4);
    }
  return to;
}

/// Washed out, noisy and shifted in brightness, the same way every time.
Picture worn(Picture picture) {
  std::minstd_rand random(7);
  for (auto& pixel : picture.luma)
    pixel = static_cast<std::uint8_t>(std::clamp(60 + pixel * 5 / 10 + static_cast<int>(random() % 61) - 30, 0, 255));
  return picture;
}

TEST(Stamp, ReadsBackAtEveryWidth) {
  for (int width = stamp_width_min; width <= 4096; width += 2)
    ASSERT_EQ(read_stamp(drawn(width).view()), sample) << width;
}

TEST(Stamp, EveryFieldIsCarriedWhole) {
  for (const Stamp& stamp : {Stamp{}, Stamp{0xFFFF'FFFF, StampTime(Micros(INT64_MAX)), 0xFF},
                             Stamp{1, StampTime(Micros(1)), 1}, Stamp{0x8000'0000, StampTime(Micros(-1)), 0x80}})
    EXPECT_EQ(read_stamp(drawn(640, stamp).view()), stamp);
}

TEST(Stamp, SurvivesScalingToHalfAndAWornPicture) {
  for (const int width : {1920, 1280, 640, 854}) {
    EXPECT_EQ(read_stamp(half(drawn(width)).view()), sample) << width;
    EXPECT_EQ(read_stamp(worn(drawn(width)).view()), sample) << width;
  }
}

TEST(Stamp, ADamagedBlockIsNoticed) {
  const Picture good = drawn(1280);
  for (int bit = 0; bit < 128; ++bit) {
    Picture bad = good;
    const int left = bit % 64 * 20, top = 4 + bit / 64 * 20;
    for (int y = top; y < top + 20; ++y)
      for (int x = left; x < left + 20; ++x)
        bad.luma[static_cast<std::size_t>(y) * 1280 + x] =
            static_cast<std::uint8_t>(251 - bad.luma[static_cast<std::size_t>(y) * 1280 + x]);
    EXPECT_FALSE(read_stamp(bad.view())) << bit;
  }
}

TEST(Stamp, NothingIsReadFromOtherPictures) {
  Picture plain{640, 40};
  EXPECT_FALSE(read_stamp(plain.view()));
  std::minstd_rand random(1);
  for (int round = 0; round < 2000; ++round) {
    for (auto& pixel : plain.luma) pixel = static_cast<std::uint8_t>(random() >> 8);
    ASSERT_FALSE(read_stamp(plain.view()));
  }
}

TEST(Stamp, ViewsThatLieAboutTheirSizeAreRefused) {
  const Picture good = drawn(640);
  LumaView view = good.view();
  view.bytes = view.bytes.first(640 * 20);
  EXPECT_FALSE(read_stamp(view));
  view = good.view();
  view.stride = 100;
  EXPECT_FALSE(read_stamp(view));
  view = good.view();
  view.height = 21;
  EXPECT_FALSE(read_stamp(view));
  EXPECT_FALSE(read_stamp({}));
}

TEST(Stamp, ATooSmallPictureIsLeftAlone) {
  Picture small{160, 90};
  const Bytes before = small.luma;
  EXPECT_FALSE(draw_stamp(sample, small.luma.data(), 160, {160, 90}));
  Bytes flat(640 * 20, 3);
  EXPECT_FALSE(draw_stamp(sample, flat.data(), 640, {640, 20}));
  EXPECT_EQ(small.luma, before);
  EXPECT_EQ(flat, Bytes(640 * 20, 3));
}

// Golden pictures, shared with tests/conformance/stamp_test.mjs. BIGFOOT_WRITE_GOLDEN=1 writes them anew.

std::string base64(BytesView bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (i + 1 < bytes.size()) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (i + 2 < bytes.size()) group |= bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) text += digits[group >> shift & 63];
  }
  if (const auto over = bytes.size() % 3; over) text.replace(text.size() - (3 - over), 3 - over, 3 - over, '=');
  return text;
}

nlohmann::json golden(const std::string& name, const Stamp& stamp, const Picture& picture, int rows) {
  nlohmann::json bands = nlohmann::json::array();
  for (int y = 0; y < rows; ++y) {
    const std::string row =
        base64(BytesView(picture.luma).subspan(static_cast<std::size_t>(y) * picture.width, picture.width));
    if (!bands.empty() && bands.back()["luma"] == row)
      bands.back()["rows"] = bands.back()["rows"].get<int>() + 1;
    else
      bands.push_back({{"rows", 1}, {"luma", row}});
  }
  return {{"name", name},
          {"width", picture.width},
          {"height", rows},
          {"stamp",
           {{"frame", stamp.frame}, {"drawn_us", stamp.drawn.time_since_epoch().count()}, {"camera", stamp.camera}}},
          {"bands", bands}};
}

TEST(Stamp, GoldenPicturesAreWhatWeDraw) {
  const Stamp front{7, StampTime(Micros(1'763'830'000'000'001)), stamp_camera_hash("front")};
  const Stamp largest{0xFFFF'FFFF, StampTime(Micros(9'007'199'254'740'991)), 255};
  const std::vector<nlohmann::json> all = {
      golden("1280", sample, drawn(1280), stamp_rows(1280)),
      golden("1920-largest-values", largest, drawn(1920, largest), stamp_rows(1920)),
      golden("854-blocks-of-uneven-width", front, drawn(854, front), stamp_rows(854)),
      golden("320-smallest", sample, drawn(320), stamp_rows(320)),
      golden("640-half-and-worn", front, worn(half(drawn(1280, front))), stamp_rows(640)),
  };
  for (const auto& want : all) {
    const std::string path = BIGFOOT_SOURCE_DIR "/tests/conformance/stamp/" + want["name"].get<std::string>() + ".json";
    if (std::getenv("BIGFOOT_WRITE_GOLDEN")) std::ofstream(path) << want.dump(1) << "\n";
    std::ifstream file(path);
    EXPECT_EQ(nlohmann::json::parse(file, nullptr, false), want) << path;
  }
}

TEST(Stamp, CameraNamesOfOneRobotDiffer) {
  EXPECT_NE(stamp_camera_hash("front"), stamp_camera_hash("rear"));
  EXPECT_NE(stamp_camera_hash("left"), stamp_camera_hash("right"));
  EXPECT_EQ(stamp_camera_hash("front"), 0x9B);  // the JavaScript test says the same
}

}  // namespace
}  // namespace bigfoot::media
