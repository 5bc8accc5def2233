#include "media/decoder_table.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(Codec codec, const char* name, const std::vector<std::string>& lacks = {}) {
  return decoder_text(*decoder_candidates(codec, name).value().front(), lacks);
}

TEST(DecoderTable, AutoTriesTheRowsOfItsCodec) {
  const auto h264 = decoder_candidates(Codec::h264, "auto");
  const auto jpeg = decoder_candidates(Codec::jpeg, "auto");
  EXPECT_EQ(h264->size() + jpeg->size(), decoder_table().size());
  for (const DecoderRow* row : *h264) EXPECT_EQ(row->codec, Codec::h264);
  const auto wrong = decoder_candidates(Codec::h264, "avdec_h265");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().fix,
            "the nearest is avdec_h264; there are auto, nvv4l2decoder, nvh264dec, vah264dec, v4l2h264dec, avdec_h264, "
            "openh264dec");
  EXPECT_FALSE(decoder_candidates(Codec::h264, "jpegdec"));
}

TEST(DecoderTable, EveryRowEndsInOrdinaryMemoryAndHasNoMarkLeft) {
  for (const auto& row : decoder_table()) {
    const std::string text = decoder_text(row);
    EXPECT_THAT(text, HasSubstr(row.element));
    EXPECT_THAT(text, HasSubstr("capsfilter caps=\"video/x-raw"));
    EXPECT_THAT(text, Not(HasSubstr("NVMM")));
    EXPECT_THAT(text, Not(HasSubstr("?")));
    EXPECT_STRNE(row.tested_on, "");
    EXPECT_STRNE(row.place.package, "");
  }
}

TEST(DecoderTable, NoneHoldsPicturesBack) {
  EXPECT_EQ(text_of(Codec::h264, "avdec_h264"),
            "h264parse ! avdec_h264 max-threads=1 ! capsfilter caps=\"video/x-raw\"");
  EXPECT_THAT(text_of(Codec::h264, "nvv4l2decoder"), HasSubstr("nvv4l2decoder disable-dpb=true"));
  EXPECT_THAT(text_of(Codec::h264, "nvv4l2decoder"), HasSubstr("! nvvidconv !"));
  EXPECT_THAT(text_of(Codec::jpeg, "nvv4l2decoder"), HasSubstr("jpegparse ! nvv4l2decoder mjpeg=1"));
  EXPECT_THAT(text_of(Codec::h264, "nvh264dec"), HasSubstr("max-display-delay=0"));
  EXPECT_EQ(text_of(Codec::h264, "nvh264dec", {"max-display-delay"}),
            "h264parse ! nvh264dec ! capsfilter caps=\"video/x-raw\"");
  EXPECT_EQ(text_of(Codec::jpeg, "jpegdec"), "jpegdec ! capsfilter caps=\"video/x-raw\"");
}

TEST(DecoderTable, TheDocumentShowsEveryRowAndWhereItWasTested) {
  for (const auto& row : decoder_table()) {
    std::ifstream file(std::string(BIGFOOT_SOURCE_DIR) + "/docs/encoders.md");
    const std::string start = "| `" + std::string(row.element) + "` | " + to_string(row.codec) + " |";
    int found = 0;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(start)) continue;
      ++found;
      EXPECT_THAT(line, HasSubstr(row.tested_on));
    }
    EXPECT_EQ(found, 1) << start;
  }
}

}  // namespace
}  // namespace bigfoot::media
