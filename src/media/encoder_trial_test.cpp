#include "media/encoder_trial.hpp"

#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/encoder_control.hpp"
#include "media/gst/pipeline.hpp"
#include "media/presence_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

constexpr Size small{640, 360};
constexpr FrameRate rate{30, 1};
constexpr Bitrate bitrate{1'000'000};

struct EncoderTrial : testing::Test {
  EncoderTrial() { EXPECT_TRUE(gst::start()); }
  EncoderRow row = *encoder_candidates("x264enc")->front();
  EncoderPlan plan() { return {&row, small, rate, bitrate, 1}; }
};

TEST_F(EncoderTrial, AutoTakesTheFirstThatWorks) {
  const auto choice = choose_encoder("auto", small, rate, bitrate, {}, {}, SoftwareHost());
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_STREQ(choice->plan.row->element, "x264enc");
  EXPECT_EQ(choice->reason, "");
  EXPECT_EQ(choice->profile_level_id, "42c01e");
  EXPECT_GT(choice->encode_p50, 50us);
  EXPECT_GT(choice->cores, 0.001);
  EXPECT_LT(choice->cores, 30 * 3.0) << "a picture takes no three seconds of processor";
}

TEST_F(EncoderTrial, RowsThatAreNotHereAreKeptAsDataAndNotSaid) {
  const auto choice = choose_encoder("auto", small, rate, bitrate, {}, {}, SoftwareHost());
  ASSERT_TRUE(choice) << choice.error().text();
  for (const PassedOver& other : choice->passed_over) {
    EXPECT_TRUE(other.absent) << other.element << ": " << other.why;
    EXPECT_NE(other.why, "");
  }
  const auto named = choose_encoder("mpph264enc", small, rate, bitrate, {}, {}, SoftwareHost());
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().what, HasSubstr("mpph264enc: /dev/mpp_service missing (no Rockchip"));
}

TEST_F(EncoderTrial, TheReasonForEachPassedOverIsKept) {
  const auto choice =
      choose_encoder("auto", small, rate, bitrate, {{"x264enc", "broke in use: stood still"}}, {}, SoftwareHost());
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_STREQ(choice->plan.row->element, "openh264enc");
  EXPECT_EQ(choice->reason, "x264enc: broke in use: stood still");
}

TEST_F(EncoderTrial, WhenNoneWorksEachReasonIsSaid) {
  const auto choice = choose_encoder("auto", small, rate, bitrate, {{"x264enc", "broke"}, {"openh264enc", "broke too"}},
                                     {}, SoftwareHost());
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().what, HasSubstr("x264enc: broke; openh264enc: broke too; 6 are not on this machine"));
  EXPECT_EQ(choice.error().fix, "`bigfoot devices` shows each; lower the size");
  struct : Host {
    bool has_element(const char*) const override { return false; }
  } bare;
  EXPECT_THAT(choose_encoder("auto", small, rate, bitrate, {}, {}, bare).error().fix,
              HasSubstr("install gstreamer1.0-plugins-ugly for x264enc"));
}

TEST_F(EncoderTrial, NoOtherBeginsWhereNobodyWaitsForIt) {
  const auto choice = choose_encoder(
      "auto", small, rate, bitrate, {}, [](const std::string&) { return false; }, SoftwareHost());
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().what, HasSubstr("x264enc: nobody waits for its trial any more"));
}

TEST_F(EncoderTrial, WhatATableRowCallsLiveMayBeSetWhilePlaying) {
  int here = 0;
  for (const auto& known : encoder_table()) {
    if (encoder_absence(known)) continue;
    ++here;
    const auto element = gst::adopt(gst_element_factory_make(known.element, nullptr));
    ASSERT_TRUE(element) << known.element;
    std::istringstream live(known.live);
    std::vector<std::string> names{std::istream_iterator<std::string>(live), {}};
    if (known.limit_property) {
      EXPECT_THAT(names, testing::Contains(known.limit_property));
    }
    for (const auto& name : names) {
      const GParamSpec* property = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name.c_str());
      ASSERT_NE(property, nullptr) << known.element << " " << name;
      EXPECT_TRUE(property->flags & GST_PARAM_MUTABLE_PLAYING) << known.element << " " << name;
    }
  }
  EXPECT_GE(here, 2) << "x264enc and openh264enc are in packages.txt";
}

TEST_F(EncoderTrial, EveryPropertyOfAnInstalledRowIsTakenByItsElement) {
  for (const auto& known : encoder_table()) {
    if (!gst::adopt(gst_element_factory_find(known.element))) continue;
    for (const int slices : {1, 2}) {
      EncoderPlan plan{&known, small, rate, bitrate, slices};
      plan.lacks = lacking_properties(known.element, optional_properties(known));
      const auto bin = gst::parse_bin(*encoder_text(plan) + " ! identity", gst::Open::both);
      EXPECT_TRUE(bin) << known.element << ": " << (bin ? "" : bin.error().text());
    }
  }
}

TEST_F(EncoderTrial, AMissingElementIsSaidWithItsPackage) {
  row.element = "nvh264enc-that-is-not-here";
  EXPECT_EQ(encoder_absence(row)->text(), "is not installed (gstreamer1.0-plugins-ugly has it)");
}

TEST_F(EncoderTrial, AnEncoderThatRefusesAKeyFrameIsRefused) {
  row.keyframe = KeyframeMethod::force_key_unit_event;
  row.low_delay = "tune=zerolatency speed-preset=superfast min-force-key-unit-interval=10000000000";
  EXPECT_EQ(try_encoder(plan()).error().what, "gives no key frame when asked for one");
}

TEST_F(EncoderTrial, APersonsOwnTextIsTriedInTheSameWay) {
  const auto good =
      choose_encoder("gst:x264enc tune=zerolatency key-int-max=600", small, rate, bitrate, {}, {}, SoftwareHost());
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_STREQ(good->plan.row->element, "gst:");
  EXPECT_EQ(good->plan.launch_text, "x264enc tune=zerolatency key-int-max=600");
  const auto late = choose_encoder("gst:x264enc", small, rate, bitrate, {}, {}, SoftwareHost());
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().what, HasSubstr("gst:: gives no picture, or keeps pictures back"));
  const auto odd = choose_encoder("gst:no-such-element", small, rate, bitrate, {}, {}, SoftwareHost());
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error().what, HasSubstr("no-such-element"));
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
