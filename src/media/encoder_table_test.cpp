#include "media/encoder_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;
using testing::Not;

EncoderPlan plan(const char* name, int slices = 1) {
  return {encoder_candidates(name).value().front(), {1280, 720}, {30, 1}, Bitrate{2'500'000}, slices};
}

TEST(EncoderTable, AutoTriesEveryRowAndANameOnlyItsOwn) {
  EXPECT_EQ(encoder_candidates("auto")->size(), encoder_table().size());
  ASSERT_EQ(encoder_candidates("openh264enc")->size(), 1u);
  EXPECT_STREQ(encoder_candidates("openh264enc")->front()->element, "openh264enc");
  const auto wrong = encoder_candidates("x265enc");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text(), HasSubstr("x265enc"));
  EXPECT_EQ(wrong.error().fix, "the nearest is x264enc; there are auto, x264enc, openh264enc");
  EXPECT_EQ(encoder_candidates("qsvh265dec").error().fix, "there are auto, x264enc, openh264enc");
}

TEST(EncoderTable, EveryRowSaysAllOfItself) {
  for (const auto& row : encoder_table()) {
    for (const char* text : {row.element, row.input_caps, row.low_delay, row.one_slice, row.sliced,
                             row.bitrate_property, row.live, row.tested_on})
      EXPECT_STRNE(text, "") << row.element;
    EXPECT_GT(row.bitrate_unit, 0);
    EXPECT_THAT(row.sliced, HasSubstr("{threads}")) << row.element;
  }
}

TEST(EncoderTable, X264IsToldToWaitForNothing) {
  const std::string text = *encoder_text(plan("x264enc"));
  for (const char* part : {"x264enc name=encoder", "tune=zerolatency", "speed-preset=superfast", "bframes=0",
                           "bitrate=2500 ", "threads=1 sliced-threads=false", "vbv-buf-capacity=100", "scenecut=0",
                           "profile=constrained-baseline", "level=(string)3.1", "alignment=au"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(*encoder_text(plan("x264enc", 2)), HasSubstr("threads=2 sliced-threads=true"));
}

TEST(EncoderTable, OpenH264CountsInBits) {
  const std::string text = *encoder_text(plan("openh264enc", 2));
  EXPECT_THAT(text, HasSubstr(" bitrate=2500000 max-bitrate=3750000 "));
  EXPECT_THAT(text, HasSubstr("num-slices=2 multi-thread=2"));
  EXPECT_THAT(text, Not(HasSubstr("{")));
}

TEST(EncoderTable, TheLevelFollowsSizeAndRate) {
  EncoderPlan fast = plan("x264enc");
  fast.fps = {60, 1};
  EXPECT_THAT(*encoder_text(fast), HasSubstr("level=(string)3.2"));
  fast.size = {8192, 8192};
  EXPECT_FALSE(encoder_text(fast));
}

}  // namespace
}  // namespace bigfoot::media
