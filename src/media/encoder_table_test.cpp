#include "media/encoder_table.hpp"

#include <fstream>
#include <set>

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
  const std::string known =
      "nvv4l2h264enc, nvh264enc, vah264enc, vaapih264enc, v4l2h264enc, mpph264enc, x264enc, openh264enc, "
      "gst:LAUNCH TEXT";
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text(), HasSubstr("x265enc"));
  EXPECT_EQ(wrong.error().fix, "the nearest is x264enc; there are auto, " + known);
  EXPECT_EQ(encoder_candidates("lame").error().fix, "there are auto, " + known);
}

TEST(EncoderTable, EveryRowSaysAllOfItself) {
  for (const auto& row : encoder_table()) {
    for (const char* text :
         {row.element, row.input, row.bitrate_property, row.bitrate_text, row.live, row.place.package, row.tested_on})
      EXPECT_STRNE(text, "") << row.element;
    EXPECT_GT(row.bitrate_unit, 0);
    if (*row.sliced) {
      EXPECT_THAT(row.sliced, HasSubstr("{threads}")) << row.element;
    }
    EXPECT_THAT(row.live, HasSubstr(row.bitrate_property)) << row.element;
    EXPECT_EQ(row.keyframe_span > Nanos{0}, *row.vbv || row.limit_property) << row.element;
    // GStreamer makes the elements of V4L2 codecs only where a driver has them.
    static const std::set<std::string> need_no_node{"x264enc", "openh264enc", "v4l2h264enc"};
    EXPECT_EQ(*row.place.nodes == '\0', need_no_node.contains(row.element)) << row.element;
  }
}

TEST(EncoderTable, EveryRowsTextIsFilledInAndEndsInWholeAccessUnits) {
  for (const auto& row : encoder_table()) {
    for (const int slices : {1, 2}) {
      const std::string text = *encoder_text(plan(row.element, slices));
      EXPECT_THAT(text, HasSubstr(std::string(" ! ") + row.element + " name=encoder ")) << text;
      EXPECT_THAT(text, HasSubstr(" ! video/x-h264,stream-format=byte-stream,alignment=au")) << text;
      EXPECT_THAT(text, Not(testing::ContainsRegex("[{](bitrate|limit|threads|span|level)"))) << text;
      EXPECT_THAT(text, Not(HasSubstr("?"))) << text;
      EXPECT_THAT(text, HasSubstr("2500")) << text;
    }
  }
}

TEST(EncoderTable, ReadmeAndTheDocumentShowEveryRowAndWhereItWasTested) {
  const auto lines_with = [](const char* document, const std::string& start) {
    std::ifstream file(std::string(BIGFOOT_SOURCE_DIR) + document);
    std::vector<std::string> found;
    for (std::string line; std::getline(file, line);)
      if (line.starts_with(start)) found.push_back(line);
    return found;
  };
  for (const auto& row : encoder_table()) {
    for (const char* document : {"/README.md", "/docs/encoders.md"}) {
      const auto lines = lines_with(document, "| `" + std::string(row.element) + "` |");
      ASSERT_EQ(lines.size(), 1u) << row.element << " in " << document;
      EXPECT_THAT(lines.front(), HasSubstr(row.tested_on)) << document;
    }
  }
}

// Hardware that is not here: what its element's source says it takes.

TEST(EncoderTable, JetsonTakesNvmmAndItsOwnSignal) {
  const std::string text = *encoder_text(plan("nvv4l2h264enc"));
  for (const char* part :
       {"nvvidconv ! capsfilter caps=\"video/x-raw(memory:NVMM),format=(string)NV12\" ! nvv4l2h264enc",
        "control-rate=constant_bitrate", "bitrate=2500000 ", "vbv-size=250000", "insert-sps-pps=true",
        "iframeinterval=2147483647", "idrinterval=2147483647"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("profile=constrained-baseline")));
  EXPECT_EQ(plan("nvv4l2h264enc").row->keyframe, KeyframeMethod::force_idr_signal);
}

TEST(EncoderTable, NvencTakesKilobits) {
  const std::string text = *encoder_text(plan("nvh264enc"));
  for (const char* part : {"preset=low-latency-hp", "rc-mode=cbr", "zerolatency=true", "gop-size=-1", "bitrate=2500 ",
                           "vbv-buffer-size=250 ", "profile=constrained-baseline"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(EncoderTable, VaTakesKilobitsAndBoundsHalfASecond) {
  const std::string text = *encoder_text(plan("vah264enc", 2));
  for (const char* part : {"videoconvert ! capsfilter caps=\"video/x-raw,format=(string)NV12\" ! vah264enc",
                           "rate-control=cbr", "b-frames=0", "bitrate=2500 ", "cpb-size=1250 ", "num-slices=2"})
    EXPECT_THAT(text, HasSubstr(part));
  const std::string older = *encoder_text(plan("vaapih264enc"));
  for (const char* part : {"rate-control=cbr", "max-bframes=0", "bitrate=2500 ", "cpb-length=100 ", "num-slices=1"})
    EXPECT_THAT(older, HasSubstr(part));
}

TEST(EncoderTable, V4l2TakesControlsAndTheLevelByCaps) {
  const std::string text = *encoder_text(plan("v4l2h264enc"));
  for (const char* part :
       {"v4l2h264enc name=encoder extra-controls=\"controls,repeat_sequence_header=1,video_bitrate_mode=1,"
        "h264_i_frame_period=2147483647,video_bitrate=2500000\" !",
        "profile=constrained-baseline,level=(string)3.1"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_EQ(bitrate_text(*plan("v4l2h264enc").row, Bitrate{800'000}), "controls,video_bitrate=800000");
  EXPECT_EQ(plan("v4l2h264enc").row->keyframe, KeyframeMethod::extra_control) << "1.22 does not hear the event";
}

TEST(EncoderTable, RockchipTakesBitsAndItsLevelByProperty) {
  const std::string text = *encoder_text(plan("mpph264enc"));
  for (const char* part :
       {"rc-mode=cbr", "gop=0", "header-mode=each-idr", "profile=baseline", "level=3.1", "bps=2500000 "})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(EncoderTable, WhatAnElementLacksIsLeftOut) {
  EncoderPlan old = plan("nvh264enc");
  EXPECT_THAT(optional_properties(*old.row), testing::Contains("tune"));
  old.lacks = {"tune", "vbv-buffer-size", "bframes"};
  const std::string text = *encoder_text(old);
  EXPECT_THAT(text, Not(HasSubstr("tune")));
  EXPECT_THAT(text, Not(HasSubstr("vbv")));
  EXPECT_THAT(text, Not(HasSubstr("bframes")));
  EXPECT_THAT(text, HasSubstr("rc-lookahead=0"));
}

TEST(EncoderTable, APersonsOwnTextStandsBetweenRawAndH264) {
  const auto candidates = encoder_candidates("gst:x264enc tune=zerolatency");
  ASSERT_TRUE(candidates);
  EncoderPlan own{candidates->front(), {640, 360}, {30, 1}, Bitrate{1'000'000}};
  own.launch_text = "x264enc tune=zerolatency";
  EXPECT_THAT(*encoder_text(own), HasSubstr(" name=encoder_in ! x264enc tune=zerolatency ! identity name=encoder_out"));
  EXPECT_EQ(own.row->bitrate_property, nullptr) << "its rate is its own";
  EXPECT_THAT(encoder_candidates("gst:").error().what, HasSubstr("names no encoder"));
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
