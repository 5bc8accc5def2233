#include "media/decoder_trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/encoder_control.hpp"
#include "media/gst/pipeline.hpp"
#include "media/launch_words.hpp"
#include "media/presence_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

constexpr Size small{640, 360};
constexpr FrameRate rate{30, 1};

struct DecoderTrial : testing::Test {
  DecoderTrial() { EXPECT_TRUE(gst::start()); }
};

TEST_F(DecoderTrial, AutoTakesTheFirstThatWorks) {
  const std::vector<std::pair<Codec, std::string>> expected{
      {Codec::h264, "avdec_h264"}, {Codec::h265, "avdec_h265"}, {Codec::jpeg, "jpegdec"}};
  for (const auto& [codec, element] : expected) {
    const auto choice = choose_decoder(codec, "auto", small, rate, {}, {}, SoftwareHost());
    ASSERT_TRUE(choice) << choice.error().text();
    EXPECT_EQ(choice->row->element, element);
    EXPECT_EQ(choice->text, decoder_text(*choice->row));
    EXPECT_GT(choice->cores, 0.0001);
    EXPECT_GT(choice->decode_p50, 10us);
    for (const PassedOver& row : choice->passed_over) EXPECT_TRUE(row.absent) << row.element << ": " << row.why;
  }
}

TEST_F(DecoderTrial, EachThatIsHereDecodesByName) {
  for (const auto& row : decoder_table()) {
    if (absence(row.element, row.place, Host())) continue;
    const auto choice = choose_decoder(row.codec, row.element, small, rate);
    EXPECT_TRUE(choice) << row.element << ": " << (choice ? "" : choice.error().text());
  }
}

TEST_F(DecoderTrial, EveryPropertyOfAnInstalledRowIsTakenByItsElement) {
  int here = 0;
  for (const auto& row : decoder_table()) {
    if (!Host().has_element(row.element)) continue;
    ++here;
    const auto lacks = lacking_properties(row.element, optional_properties(row.low_delay));
    const auto bin = gst::parse_bin(decoder_text(row, lacks), gst::Open::both);
    EXPECT_TRUE(bin) << row.element << ": " << (bin ? "" : bin.error().text());
  }
  EXPECT_GE(here, 5) << "avdec_h264, openh264dec, avdec_h265, jpegdec and avdec_mjpeg are in packages.txt";
}

TEST_F(DecoderTrial, OneThatBrokeInUseIsPassedOverWithTheReason) {
  const auto choice =
      choose_decoder(Codec::jpeg, "auto", small, rate, {{"jpegdec", "broke in use"}}, {}, SoftwareHost());
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_STREQ(choice->row->element, "avdec_mjpeg");
  EXPECT_EQ(failures_text(choice->passed_over), "jpegdec: broke in use");
  const auto none = choose_decoder(Codec::jpeg, "jpegdec", small, rate, {{"jpegdec", "broke in use"}});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what, HasSubstr("no decoder of JPEG works at 640x360: jpegdec: broke in use"));
}

TEST_F(DecoderTrial, NoOtherBeginsWhereNobodyWaitsForIt) {
  int told = 0;
  const auto choice = choose_decoder(
      Codec::jpeg, "auto", small, rate, {}, [&](const std::string&) { return ++told == 1; }, SoftwareHost());
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().what, HasSubstr("jpegdec: nobody waits for its trial any more"));
  EXPECT_FALSE(encode_trial_pictures(Codec::jpeg, small, rate, [](const std::string&) { return false; }));
}

/// Its first picture waits for it.
TEST_F(DecoderTrial, AViewerTakesADecoderInSoftwareAsItIs) {
  int told = 0;
  const auto count = [&](const std::string&) { return ++told > 0; };
  const auto choice = choose_viewers_decoder("auto", small, rate, {}, count, SoftwareHost());
  ASSERT_TRUE(choice) << choice.error().text();
  EXPECT_STREQ(choice->row->element, "avdec_h264");
  EXPECT_THAT(choice->text, HasSubstr("max-threads=1"));
  EXPECT_EQ(told, 0) << "no trial";
  EXPECT_EQ(choice->passed_over.size(), 4u) << "hardware that is not here";
  const auto next =
      choose_viewers_decoder("auto", small, rate, {{"avdec_h264", "broke in use"}}, count, SoftwareHost());
  ASSERT_TRUE(next) << next.error().text();
  EXPECT_STREQ(next->row->element, "openh264dec");
  const auto none = choose_viewers_decoder("nvh264dec", small, rate, {}, count, SoftwareHost());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what, HasSubstr("nvh264dec"));
  EXPECT_FALSE(choose_viewers_decoder("jpegdec", small, rate, {}, count, SoftwareHost()));
}

TEST_F(DecoderTrial, OneThatKeepsPicturesBackOrDoesNotFitIsRefused) {
  DecoderRow late = *decoder_candidates(Codec::h264, "avdec_h264")->front();
  late.low_delay = "max-threads=4 thread-type=frame";
  const auto encoded = encode_trial_pictures(Codec::h264, small, rate);
  ASSERT_TRUE(encoded);
  EXPECT_THAT(try_decoder(late, *encoded).error().what, HasSubstr("keeps pictures back"));
  DecoderRow typo = late;
  typo.low_delay = "max-treads=1";
  EXPECT_THAT(try_decoder(typo, *encoded).error().what, HasSubstr("max-treads"));
}

}  // namespace
}  // namespace bigfoot::media
