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
  std::size_t rows = 0;
  for (const Codec codec : {Codec::h264, Codec::h265, Codec::jpeg}) {
    const auto of_codec = decoder_candidates(codec, "auto");
    rows += of_codec->size();
    for (const DecoderRow* row : *of_codec) EXPECT_EQ(row->codec, codec);
  }
  EXPECT_EQ(rows, decoder_table().size());
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
            "h264parse ! avdec_h264 name=bigfoot_decoder max-threads=1 ! capsfilter caps=\"video/x-raw\"");
  EXPECT_THAT(text_of(Codec::h264, "nvv4l2decoder"), HasSubstr("nvv4l2decoder name=bigfoot_decoder disable-dpb=true"));
  EXPECT_THAT(text_of(Codec::h264, "nvv4l2decoder"), HasSubstr("! nvvidconv !"));
  EXPECT_THAT(text_of(Codec::jpeg, "nvv4l2decoder"),
              HasSubstr("jpegparse ! nvv4l2decoder name=bigfoot_decoder mjpeg=1"));
  EXPECT_THAT(text_of(Codec::h264, "nvh264dec"), HasSubstr("max-display-delay=0"));
  EXPECT_EQ(text_of(Codec::h264, "nvh264dec", {"max-display-delay"}),
            "h264parse ! nvh264dec name=bigfoot_decoder ! capsfilter caps=\"video/x-raw\"");
  EXPECT_EQ(text_of(Codec::jpeg, "jpegdec"), "jpegdec name=bigfoot_decoder ! capsfilter caps=\"video/x-raw\"");
}

TEST(DecoderTable, ANameIsTakenOfWhateverCodec) {
  for (const char* name : {"auto", "jpegdec", "avdec_h264", "avdec_h265", "nvv4l2decoder"})
    EXPECT_EQ(parse_decoder(name).value_or(""), name);
  const auto wrong = parse_decoder("jpegdecoder");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().what, "\"jpegdecoder\" is not a known decoder");
  EXPECT_THAT(wrong.error().fix, HasSubstr("there are auto, nvv4l2decoder, nvh264dec, "));
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
