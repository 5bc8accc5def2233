#include "media/codec_faults.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

struct CodecFaultsTest : testing::Test {
  CodecFaults faults;
  const Timestamp start{std::chrono::hours(2)};
};

TEST_F(CodecFaultsTest, TwiceInTenMinutesIsPassedOver) {
  EXPECT_FALSE(faults.add("x264enc", "stood still", start));
  EXPECT_THAT(faults.passed_over(), IsEmpty());
  EXPECT_TRUE(faults.add("x264enc", "internal error", start + 9min));
  EXPECT_THAT(faults.passed_over(), ElementsAre(Pair("x264enc", "broke in use: internal error")));
}

TEST_F(CodecFaultsTest, FaultsWeeksApartAreChance) {
  for (int week = 0; week < 5; ++week) EXPECT_FALSE(faults.add("x264enc", "stood still", start + week * 168h));
  EXPECT_THAT(faults.passed_over(), IsEmpty());
  EXPECT_TRUE(faults.add("x264enc", "stood still", start + 4 * 168h + 1min)) << "the last one counts";
}

TEST_F(CodecFaultsTest, EachEncoderHasItsOwn) {
  EXPECT_FALSE(faults.add("x264enc", "stood still", start));
  EXPECT_FALSE(faults.add("openh264enc", "stood still", start));
}

TEST_F(CodecFaultsTest, ForgottenTheyHaveTwoChancesAgain) {
  faults.add("x264enc", "stood still", start);
  faults.add("x264enc", "stood still", start);
  faults.forget();
  EXPECT_THAT(faults.passed_over(), IsEmpty());
  EXPECT_FALSE(faults.add("x264enc", "stood still", start));
  EXPECT_TRUE(faults.add("x264enc", "stood still", start));
}

}  // namespace
}  // namespace bigfoot::media
