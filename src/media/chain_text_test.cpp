#include "media/chain_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"
#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

SourceUri uri_of(const std::string& text) {
  const auto uri = parse_source_uri(text);
  EXPECT_TRUE(uri) << text << ": " << (uri ? "" : uri.error().text());
  return uri.value_or(SourceUri{});
}

SourceRequest request(Size size = {1280, 720}, FrameRate fps = {30, 1}) {
  SourceRequest made;
  made.size = size;
  made.fps = fps;
  made.formats = {"I420", "NV12"};
  return made;
}

/// Of the row that `auto` takes where there is no hardware.
std::string decoder(std::optional<Codec> codec) {
  const char* element = codec == Codec::h264 ? "avdec_h264" : codec == Codec::h265 ? "avdec_h265" : "jpegdec";
  return codec ? decoder_text(*decoder_candidates(*codec, element).value().front()) : "";
}

std::string text_of(const std::string& uri, const V4l2Choice& mode = {}, Size size = {1280, 720}) {
  const auto source = uri_of(uri);
  return chain_text(source, request(source.sent_size().value_or(size)), mode, decoder(arrives_in(source, mode)));
}

TEST(ChainText, RawPicturesThatFitPassThroughNothingThatChangesThem) {
  EXPECT_THAT(text_of("v4l2:/dev/video0", {"NV12", {1280, 720}, {30, 1}}),
              StartsWith("v4l2src name=camera ! video/x-raw,format=NV12,width=1280,height=720,framerate=30/1 ! "
                         "videoconvert ! capsfilter caps=\"video/x-raw,format={I420,NV12},pixel-aspect-ratio=1/1,"
                         "width=1280,height=720,framerate=30/1\""));
}

TEST(ChainText, TheRateIsTheCamerasOwn) {
  EXPECT_THAT(text_of("v4l2:/dev/video0", {"YUYV", {1280, 720}, {30000, 1001}}),
              AllOf(HasSubstr("format=YUY2,width=1280,height=720,framerate=30000/1001 ! videoconvert"),
                    HasSubstr("height=720,framerate=30000/1001\"")));
}

TEST(ChainText, WhatIsTooFastIsDroppedBeforeItIsDecoded) {
  EXPECT_THAT(text_of("v4l2:/dev/video0", {"MJPG", {1280, 720}, {60, 1}}),
              HasSubstr("image/jpeg,width=1280,height=720,framerate=60/1 ! videorate drop-only=true ! "
                        "image/jpeg,framerate=30/1 ! jpegdec name=bigfoot_decoder ! "
                        "capsfilter caps=\"video/x-raw\" ! videoconvert"));
}

TEST(ChainText, ACamerasOwnH264LosesPicturesOnlyBehindItsDecoder) {
  EXPECT_THAT(text_of("v4l2:/dev/video0?format=h264", {"H264", {1280, 720}, {60, 1}}),
              StartsWith("v4l2src name=camera ! video/x-h264,width=1280,height=720,framerate=60/1 ! h264parse ! "
                         "avdec_h264 name=bigfoot_decoder max-threads=1 ! capsfilter caps=\"video/x-raw\" ! "
                         "videorate drop-only=true ! videoconvert ! "));
  EXPECT_THAT(text_of("v4l2:/dev/video0?format=h264", {"H264", {1280, 720}, {30, 1}}), Not(HasSubstr("videorate")));
}

TEST(ChainText, EveryDecoderStandsBetweenTheStreamAndWhatTurnsIt) {
  for (const DecoderRow& row : decoder_table()) {
    const std::string decoder = decoder_text(row);
    const auto chain = [&](const std::string& uri, const V4l2Choice& mode = {}) {
      return chain_text(uri_of(uri), request(), mode, decoder);
    };
    std::vector<std::pair<std::string, std::string>> expected{
        {"gst:videotestsrc#rotate=180", "identity name=pace single-segment=true"}};
    switch (row.codec) {
      case Codec::h264:
        expected.emplace_back("v4l2:/dev/video0?rotate=180", "video/x-h264,width=1280,height=720,framerate=30/1");
        expected.emplace_back("rtsp://cam/1#rotate=180", "rtph264depay");
        break;
      case Codec::h265: expected.emplace_back("rtsp://cam/1#codec=h265&rotate=180", "rtph265depay"); break;
      case Codec::jpeg:
        expected.emplace_back("v4l2:/dev/video0?rotate=180", "image/jpeg,width=1280,height=720,framerate=30/1");
        expected.emplace_back("rtsp://cam/1#codec=jpeg&rotate=180", "rtpjpegdepay");
        break;
    }
    const V4l2Choice mode{row.codec == Codec::jpeg ? "MJPG" : "H264", {1280, 720}, {30, 1}};
    for (const auto& [uri, before] : expected) {
      const std::string text = chain(uri, mode);
      const auto at = text.find(before + " ! " + decoder + " ! ");
      ASSERT_NE(at, std::string::npos) << text;
      EXPECT_THAT(text.substr(at + before.size() + decoder.size()), HasSubstr("videoflip video-direction=180"));
    }
  }
}

TEST(ChainText, WhatArrivesEncodedIsKnownOfCamerasAndOfTheirAddresses) {
  const auto arrives = [](const std::string& uri, const char* fourcc = "") {
    return arrives_in(uri_of(uri), {fourcc, {1280, 720}, {30, 1}});
  };
  EXPECT_EQ(arrives("v4l2:/dev/video0", "MJPG"), Codec::jpeg);
  EXPECT_EQ(arrives("v4l2:/dev/video0", "JPEG"), Codec::jpeg);
  EXPECT_EQ(arrives("v4l2:/dev/video0", "H264"), Codec::h264);
  EXPECT_EQ(arrives("v4l2:/dev/video0", "YUYV"), std::nullopt);
  EXPECT_EQ(arrives("rtsp://cam/1"), Codec::h264);
  EXPECT_EQ(arrives("rtsp://cam/1#codec=h265"), Codec::h265);
  EXPECT_EQ(arrives("rtsp://cam/1#codec=jpeg"), Codec::jpeg);
  EXPECT_EQ(arrives("test:"), std::nullopt);
  EXPECT_EQ(arrives("file:/a.mp4"), std::nullopt) << "GStreamer finds out";
}

TEST(ChainText, ARotatedCameraIsOpenedTheOtherWayRound) {
  const auto text = text_of("v4l2:/dev/video0?rotate=90", {"NV12", {720, 1280}, {30, 1}});
  EXPECT_THAT(text, HasSubstr("videoflip video-direction=90r ! "));
  EXPECT_THAT(text, Not(HasSubstr("videoscale"))) << "the camera gives 720x1280 by itself";
  EXPECT_THAT(text_of("libcamera:?rotate=270"), HasSubstr("width=720,height=1280,framerate=30/1"));
}

TEST(ChainText, EveryFormatOfV4l2MakesAPipeline) {
  ASSERT_TRUE(gst::start());
  for (const auto& row : v4l2_formats())
    for (const char* uri : {"v4l2:/dev/video0", "v4l2:/dev/video0?capture=1280x720&crop=0,0,640x360&flip=vertical"}) {
      const auto text = text_of(uri, {row.fourcc, {1280, 720}, {60, 1}});
      const auto bin = gst::parse_bin(text, gst::Open::source);
      EXPECT_TRUE(bin) << text << ": " << (bin ? "" : bin.error().what);
    }
}

TEST(ChainText, Rtsp) {
  const auto text = text_of("rtsp://me:s3cret@cam/1#transport=udp&latency=20ms");
  EXPECT_THAT(text, StartsWith("rtspsrc name=camera protocols=udp latency=20 "));
  EXPECT_THAT(text, HasSubstr("encoding-name=H264 ! rtph264depay ! h264parse ! avdec_h264 "));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("cam/1")))) << "properties, not text";
  EXPECT_THAT(text_of("rtsp://cam/1#codec=h265"), HasSubstr("encoding-name=H265 ! rtph265depay ! h265parse"));
  ASSERT_TRUE(gst::start());
  for (const char* codec : {"h264", "h265", "jpeg"})
    EXPECT_TRUE(gst::parse_bin(text_of(std::string("rtsp://cam/1#codec=") + codec), gst::Open::source)) << codec;
}

TEST(ChainText, ArgusKeepsTheJetsonsMemoryWhereTheEncoderTakesIt) {
  auto wanted = request();
  EXPECT_THAT(
      chain_text(uri_of("argus:1"), wanted),
      AllOf(HasSubstr("sensor-id=1 ! video/x-raw(memory:NVMM),format=NV12,width=1280,height=720,framerate=30/1"),
            HasSubstr("nvvidconv ! video/x-raw,format=NV12 ! ")));
  wanted.nvmm = true;
  EXPECT_THAT(chain_text(uri_of("argus:1"), wanted),
              AllOf(Not(HasSubstr("nvvidconv")), Not(HasSubstr("videoconvert")), HasSubstr("! identity")));
  EXPECT_THAT(chain_text(uri_of("argus:1?rotate=180"), wanted), HasSubstr("nvvidconv ! video/x-raw,format=NV12 ! "));
}

TEST(ChainText, ACamerasMemoryIsSharedOnlyWithAnEncoderThatTakesItAsItIs) {
  ASSERT_TRUE(gst::start());
  auto wanted = request();
  wanted.formats = {"NV12"};
  const auto text = [&](const std::string& uri, const char* fourcc) {
    const auto source = uri_of(uri);
    const V4l2Choice mode{fourcc, source.own_size(wanted.size), {30, 1}};
    const auto chain = chain_text(source, wanted, mode, decoder(arrives_in(source, mode)));
    EXPECT_EQ(shares_memory(source, wanted, mode), chain.find("io-mode=dmabuf") != std::string::npos);
    return chain;
  };
  EXPECT_THAT(text("v4l2:/dev/video0", "NV12"), Not(HasSubstr("io-mode"))) << "the encoder wants ordinary memory";
  wanted.dmabuf = true;
  const auto shared = text("v4l2:/dev/video0", "NV12");
  EXPECT_THAT(shared, StartsWith("v4l2src name=camera io-mode=dmabuf ! video/x-raw,format=NV12,"));
  const auto bin = gst::parse_bin(shared, gst::Open::source);
  EXPECT_TRUE(bin) << (bin ? "" : bin.error().text());
  for (const char* fourcc : {"YUYV", "YU12", "MJPG", "H264"})
    EXPECT_THAT(text("v4l2:/dev/video0", fourcc), Not(HasSubstr("io-mode"))) << fourcc;
  EXPECT_THAT(text("v4l2:/dev/video0?rotate=180", "NV12"), Not(HasSubstr("io-mode"))) << "the processor turns it";
  EXPECT_THAT(text("v4l2:/dev/video0?capture=1920x1080", "NV12"), Not(HasSubstr("io-mode"))) << "and scales it";
  EXPECT_FALSE(shares_memory(uri_of("argus:0"), wanted, {}));
}

TEST(ChainText, TheFormatsOfAnEncodersInput) {
  EXPECT_EQ(formats_named("video/x-raw,format={(string)I420,(string)NV12}"),
            (std::vector<std::string>{"I420", "NV12"}));
  EXPECT_EQ(formats_named("video/x-raw,format=I420"), (std::vector<std::string>{"I420"}));
  EXPECT_EQ(formats_named("nvvidconv ! video/x-raw(memory:NVMM),format=NV12"), (std::vector<std::string>{"NV12"}));
}

}  // namespace
}  // namespace bigfoot::media
