#include "base/units.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

TEST(Units, BitratesReadTheWayPeopleWriteThem) {
  EXPECT_EQ(parse_bitrate("2.5M")->bps, 2'500'000);
  EXPECT_EQ(parse_bitrate("800k")->bps, 800'000);
  EXPECT_EQ(parse_bitrate("123456")->bps, 123'456);
  for (const char* bad : {"", "M", "2.5X", "-3M", "1e400", "nan", "2,5M", "11G", "0"})
    EXPECT_FALSE(parse_bitrate(bad)) << bad;
}

TEST(Units, BitrateTextReadsBack) {
  for (std::int64_t bps : {950, 300'000, 2'500'000, 12'345'600})
    EXPECT_EQ(parse_bitrate(to_string(Bitrate{bps}))->bps, bps);
}

TEST(Units, FrameRateTextReadsBack) {
  EXPECT_EQ((FrameRate{30, 1}.text()), "30");
  EXPECT_EQ((FrameRate{60, 2}.text()), "30");
  EXPECT_EQ((FrameRate{30000, 1001}.text()), "30000/1001");
  for (const FrameRate rate : {FrameRate{30, 1}, {30000, 1001}, {25, 2}})
    for (const std::string& text : {rate.text(), rate.fraction()}) EXPECT_EQ(*parse_frame_rate(text), rate) << text;
  EXPECT_EQ((FrameRate{30, 1}.fraction()), "30/1");
}

TEST(Units, SizesAndRatesSayWhatIsWrong) {
  EXPECT_EQ(*parse_size("1280x720"), (Size{1280, 720}));
  EXPECT_NE(parse_size("1281x720").error().what.find("odd"), std::string::npos);
  for (const char* bad : {"", "x", "1280", "1280x", "1280x720p", "8x8", "99999x720"})
    EXPECT_FALSE(parse_size(bad)) << bad;
  EXPECT_EQ(*parse_frame_rate("30"), (FrameRate{30, 1}));
  EXPECT_EQ(*parse_frame_rate("29.97"), (FrameRate{30000, 1001}));
  EXPECT_EQ(*parse_frame_rate("30000/1001"), (FrameRate{30000, 1001}));
  EXPECT_EQ(*parse_frame_rate("12.5"), (FrameRate{12500, 1000}));
  for (const char* bad : {"", "0", "30/0", "fast", "1000", "-5"}) EXPECT_FALSE(parse_frame_rate(bad)) << bad;
}

}  // namespace
}  // namespace bigfoot
