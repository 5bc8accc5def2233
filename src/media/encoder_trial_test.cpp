#include "media/encoder_trial.hpp"

#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

constexpr Size small{640, 360};
constexpr FrameRate rate{30, 1};
constexpr Bitrate bitrate{1'000'000};

struct EncoderTrial : testing::Test {
  EncoderTrial() { EXPECT_TRUE(gst::start()); }
  EncoderRow row = encoder_table()[0];
  EncoderPlan plan() { return {&row, small, rate, bitrate, 1}; }
};

TEST_F(EncoderTrial, AutoTakesTheFirstThatWorks) {
  const auto choice = choose_encoder("auto", small, rate, bitrate, {});
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_STREQ(choice->plan.row->element, "x264enc");
  EXPECT_EQ(choice->reason, "");
  EXPECT_EQ(choice->profile_level_id, "42c01e");
  EXPECT_GT(choice->encode_p50, 50us);
}

TEST_F(EncoderTrial, TheReasonForEachPassedOverIsKept) {
  const auto choice = choose_encoder("auto", small, rate, bitrate, {{"x264enc", "broke in use: stood still"}});
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_STREQ(choice->plan.row->element, "openh264enc");
  EXPECT_EQ(choice->reason, "x264enc: broke in use: stood still");
}

TEST_F(EncoderTrial, WhenNoneWorksEachReasonIsSaid) {
  const auto choice =
      choose_encoder("auto", small, rate, bitrate, {{"x264enc", "broke"}, {"openh264enc", "broke too"}});
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().what, HasSubstr("x264enc: broke; openh264enc: broke too"));
}

TEST_F(EncoderTrial, WhatATableRowCallsLiveMayBeSetWhilePlaying) {
  for (const auto& known : encoder_table()) {
    const auto element = gst::adopt(gst_element_factory_make(known.element, nullptr));
    ASSERT_TRUE(element) << known.element;
    std::istringstream live(known.live);
    std::vector<std::string> names{std::istream_iterator<std::string>(live), {}};
    EXPECT_THAT(names, testing::Contains(known.bitrate_property));
    if (known.limit_property) {
      EXPECT_THAT(names, testing::Contains(known.limit_property));
    }
    for (const auto& name : names) {
      const GParamSpec* property = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name.c_str());
      ASSERT_NE(property, nullptr) << known.element << " " << name;
      EXPECT_TRUE(property->flags & GST_PARAM_MUTABLE_PLAYING) << known.element << " " << name;
    }
  }
}

TEST_F(EncoderTrial, AMissingElementIsSaid) {
  row.element = "nvh264enc-that-is-not-here";
  EXPECT_EQ(try_encoder(plan()).error().what, "is not installed");
}

TEST_F(EncoderTrial, AnEncoderThatKeepsPicturesBackIsRefused) {
  row.low_delay = "speed-preset=superfast rc-lookahead=20";
  EXPECT_THAT(try_encoder(plan()).error().what, HasSubstr("keeps pictures back"));
}

TEST_F(EncoderTrial, PropertiesThatTheElementLacksAreRefused) {
  row.low_delay = "no-such-property=1";
  EXPECT_THAT(try_encoder(plan()).error().what, HasSubstr("no-such-property"));
}

TEST_F(EncoderTrial, TooSlowForOneSliceMeansSeveral) {
  const auto choice = choose_encoder("x264enc", {1920, 1080}, {240, 1}, Bitrate{8'000'000}, {});
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_EQ(choice->plan.slices, slices_when_slow());
}

}  // namespace
}  // namespace bigfoot::media
