#include "media/source_uri.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

TEST(SourceUri, ReadsEveryKind) {
  const auto test = parse_source_uri("test:?size=640x360&fps=15&pattern=plain");
  ASSERT_TRUE(test);
  EXPECT_EQ(test->kind, SourceKind::test);
  EXPECT_EQ(test->size, (Size{640, 360}));
  EXPECT_EQ(test->fps, (FrameRate{15, 1}));
  EXPECT_EQ(test->pattern, TestPattern::plain);
  const auto v4l2 = parse_source_uri("v4l2:/dev/v4l/by-id/usb-Cam_1-video-index0?format=mjpeg&size=1920x1080");
  ASSERT_TRUE(v4l2);
  EXPECT_EQ(v4l2->target, "/dev/v4l/by-id/usb-Cam_1-video-index0");
  EXPECT_EQ(v4l2->format, "mjpeg");
  EXPECT_FALSE(v4l2->fps);
  const auto file = parse_source_uri("file:/a b/what?.mp4");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->target, "/a b/what?.mp4");
  EXPECT_EQ(parse_source_uri("file:///a.mp4")->target, "/a.mp4");
  EXPECT_EQ(source_text(*parse_source_uri("file:////////a#bte")), source_text(*parse_source_uri("file:/a#bte")));
  const auto gst = parse_source_uri("gst:videotestsrc is-live=true ! video/x-raw,width=640 ! tee name=t");
  ASSERT_TRUE(gst);
  EXPECT_EQ(gst->target, "videotestsrc is-live=true ! video/x-raw,width=640 ! tee name=t");
}

SourceUri read(const std::string& text) {
  const auto uri = parse_source_uri(text);
  EXPECT_TRUE(uri) << text << ": " << (uri ? "" : uri.error().text());
  return uri.value_or(SourceUri{});
}

TEST(SourceUri, ACameraByItsCardOrTheOnlyOne) {
  EXPECT_EQ(read("v4l2:").target, "");
  EXPECT_EQ(read("v4l2:?card=HD Webcam C920").card, "HD Webcam C920");
  EXPECT_EQ(read("v4l2:?card=HD%20Webcam%20%26%20Co").card, "HD Webcam & Co");
  EXPECT_EQ(read("v4l2:?card=100%").card, "100%");
  EXPECT_EQ(read("v4l2:?format=yuy2").format, "YUYV");
  EXPECT_EQ(read("v4l2:?format=jpeg").format, "mjpeg");
}

TEST(SourceUri, WhatIsNoneOfOursIsAControlOfTheCamera) {
  const auto uri = read("v4l2:/dev/video0?power_line_frequency=1&size=640x480&brightness=-20");
  EXPECT_EQ(uri.controls, (std::vector<ControlSetting>{{"power_line_frequency", 1}, {"brightness", -20}}));
  EXPECT_EQ(uri.size, (Size{640, 480}));
}

TEST(SourceUri, TurningOnEveryKind) {
  for (const char* text :
       {"test:?rotate=90&flip=vertical", "v4l2:/dev/video0?rotate=90&flip=vertical",
        "file:/a#b.mp4#rotate=90&flip=vertical", "rtsp://cam/1?channel=1&fps=5#rotate=90&flip=vertical",
        "libcamera:?rotate=90&flip=vertical", "argus:1?rotate=90&flip=vertical",
        "gst:videotestsrc ! textoverlay text=#1 #rotate=90&flip=vertical"}) {
    const auto uri = read(text);
    EXPECT_EQ(uri.turn.rotate, Rotate::by_90) << text;
    EXPECT_EQ(uri.turn.flip, Flip::vertical) << text;
    EXPECT_FALSE(uri.fps) << text;
    EXPECT_FALSE(uri.size) << "as the robot's settings say: " << text;
    EXPECT_EQ(uri.own_size({720, 1280}), (Size{1280, 720})) << text;
  }
  EXPECT_EQ(read("file:/a#b.mp4#rotate=90").target, "/a#b.mp4");
  EXPECT_EQ(read("file:/a#b.mp4").target, "/a#b.mp4");
  EXPECT_EQ(read("gst:videotestsrc ! textoverlay text=#1").target, "videotestsrc ! textoverlay text=#1");
}

TEST(SourceUri, WhatIsSentIsAsLargeAsWhatIsCutOut) {
  const auto uri = read("v4l2:/dev/video0?capture=1280x720&crop=320,180,640x360&rotate=270");
  EXPECT_EQ(uri.sent_size(), (Size{360, 640}));
  EXPECT_EQ(uri.size, std::nullopt) << "it is not written";
  EXPECT_EQ(uri.own_size(*uri.sent_size()), (Size{1280, 720}));
  EXPECT_EQ(read("test:?capture=1280x720").sent_size(), (Size{1280, 720}));
  EXPECT_EQ(read("test:?capture=1280x720&size=640x360").sent_size(), (Size{640, 360}));
  EXPECT_EQ(read("test:?rotate=90").sent_size(), std::nullopt);
}

TEST(SourceUri, AnRtspAddressStandsApartFromItsPassword) {
  const auto uri = read("rtsp://me%40home:s3cr%2Ft@10.0.0.7:8554/live?x=1&y=2#transport=udp&latency=20ms&codec=h265");
  EXPECT_EQ(uri.target, "rtsp://10.0.0.7:8554/live?x=1&y=2");
  EXPECT_EQ(uri.rtsp.user, "me@home");
  EXPECT_EQ(uri.rtsp.password, "s3cr/t");
  EXPECT_EQ(uri.rtsp.transport, RtspTransport::udp);
  EXPECT_EQ(uri.rtsp.codec, RtspCodec::h265);
  EXPECT_EQ(uri.rtsp.latency, 20ms);
  EXPECT_EQ(read("rtsp://camera/1#latency=20").rtsp.latency, 20ms);
  EXPECT_EQ(read("rtsp://camera/1#latency=1.5s").rtsp.latency, 1500ms);
  EXPECT_EQ(read("rtsps://cam/1").target, "rtsps://cam/1");
  EXPECT_EQ(read("rtsp://[fd00::7]:554/1").target, "rtsp://[fd00::7]:554/1");
}

TEST(SourceUri, NoMessageRepeatsAPassword) {
  EXPECT_EQ(without_password("rtsp://me:s3cret@cam/1"), "rtsp://me:***@cam/1");
  EXPECT_EQ(without_password("gst:rtspsrc location=rtsp://me:a/b@cam ! x"),
            "gst:rtspsrc location=rtsp://me:***@cam ! x");
  EXPECT_EQ(without_password("v4l2:/dev/video0"), "v4l2:/dev/video0");
  for (const char* text :
       {"rtps://me:s3cret@cam/1", "rtsp://me:s3cret/x@cam", "rtsp://me:s3cret@", "rtsp://me:s3cret@:1/",
        "rtsp://me:s3cret@cam/#fsp=3", "rtsp:me:s3cret@cam", "http://me:s3cret@cam/1", "rtsp://me:a#s3cret@cam/1",
        "rtsp://me:1#s3cret=@cam/1", "rtsp://me:1#s3cret"}) {
    const auto uri = parse_source_uri(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_THAT(uri.error().text(), testing::Not(HasSubstr("s3cret"))) << text;
  }
  EXPECT_THAT(source_text(read("rtsp://me:s3cret@cam/1#rotate=180")), "rtsp://me:***@cam/1#rotate=180");
}

TEST(SourceUri, IsWrittenAsItIsRead) {
  for (const char* text :
       {"test:", "test:?size=640x360&fps=30000/1001&pattern=plain", "v4l2:", "v4l2:?card=A%26B%25&size=640x480",
        "v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG&capture=1280x720&crop=0,0,640x360&rotate=90&flip=vertical&"
        "brightness=-3",
        "file:/a b.mp4#rotate=180", "rtsp://cam:554/1?a=b#transport=udp&codec=jpeg&latency=0ms", "libcamera:imx219",
        "argus:2?fps=60", "gst:videotestsrc is-live=true", "gst:a ! b#passthrough=never",
        "rtsp://cam/1#passthrough=always"})
    EXPECT_EQ(source_text(read(text)), text);
}

TEST(SourceUri, SomeMayEncodeTheirPicturesThemselves) {
  for (const char* text : {"v4l2:", "v4l2:?format=h264", "rtsp://cam/1", "gst:a ! b"})
    EXPECT_TRUE(may_pass_through(read(text))) << text;
  for (const char* text : {"test:", "v4l2:?format=NV12", "rtsp://cam/1#codec=h265", "file:/a.mp4", "libcamera:"})
    EXPECT_FALSE(may_pass_through(read(text))) << text;
  EXPECT_FALSE(parse_source_uri("test:?passthrough=always")) << "it draws";
}

TEST(SourceUri, OnlyTheRobotsOwnFileMayRunAnythingOrReadFiles) {
  EXPECT_TRUE(parse_source_uri("gst:fakesrc")->local_only());
  EXPECT_TRUE(parse_source_uri("file:/a.mp4")->local_only());
  EXPECT_FALSE(parse_source_uri("test:")->local_only());
  for (const char* text : {"v4l2:/dev/video0", "rtsp://cam/1", "libcamera:", "argus:0"})
    EXPECT_FALSE(parse_source_uri(text)->local_only()) << text;
}

struct Wrong {
  const char* text;
  const char* what;
  const char* fix;
};

TEST(SourceUri, WhatIsWrongAndWhatToWrite) {
  const Wrong wrongs[] = {
      {"", "empty", "test:"},
      {"tset:", "\"tset:\"", "nearest is test:"},
      {"v4l:/dev/video0", "v4l:/dev/video0", "nearest is v4l2:"},
      {"V4L2:/dev/video0", "V4L2", "v4l2:/dev/video0"},
      {"/dev/video2", "/dev/video2", "write v4l2:/dev/video2"},
      {"./a.mp4", "a.mp4", "write file:"},
      {"gts:fakesrc", "gts", "nearest is gst:"},
      {"test:foo", "\"foo\"", "write test:"},
      {"test:?sise=640x360", "\"sise\"", "nearest is size; there are size, fps, capture, rotate, flip, crop, pattern"},
      {"test:?format=raw", "\"format\"", "there are size, fps"},
      {"http://camera/1", "http:", "there are test:, v4l2:, file:, gst:, rtsp:, rtsps:, libcamera:, argus:"},
      {"rtsp:/camera", "names no host", "rtsp://HOST/PATH"},
      {"rtsp://camera:tv/1", "names no host", "rtsp://HOST/PATH"},
      {"rtsp://camera/1#latency=20.5ms", "\"20.5ms\" is not a latency", "latency=50ms"},
      {"rtsp://camera/1#latency=6s", "\"6s\" is not a latency", "0ms to 5000ms"},
      {"rtsp://camera/1#latency=1h", "\"1h\" is not a latency", "latency=50ms"},
      {"rtsp://camera/1#codec=vp8", "\"vp8\" is not a codec", "there are h264, h265, jpeg"},
      {"argus:front", "\"front\" is not a sensor", "argus:0"},
      {"v4l2:/dev/video0?fsp=fast", "\"fsp\"", "the nearest is fps; there are size"},
      {"v4l2:/dev/video0?card=Webcam", "a device and a card", "keep one"},
      {"v4l2:/etc/passwd", "names no device", "v4l2:/dev/video0"},
      {"test:?crop=0,0,640x360", "crop needs the size", "capture=1280x720"},
      {"test:?crop=2,0,640x360&capture=640x360", "reaches out of the camera's 640x360", "at most"},
      {"test:?rotate=45", "\"45\" is not a rotation", "90, 180 and 270"},
      {"gst:videotestsrc #rotate=45", "\"45\" is not a rotation", "90, 180 and 270"},
      {"test:?size=640", "\"640\"", "1280x720"},
      {"test:?size=640x360&size=320x180", "\"size\" is given twice", "keep one"},
      {"test:?fps=fast", "\"fast\"", "30"},
      {"test:?fps", "\"fps\" has no value", "size=1280x720"},
      {"test:?pattern=bars", "\"bars\" is not a pattern", "there are rover, plain"},
      {"v4l2:video0", "names no device", "v4l2:/dev/video0"},
      {"v4l2:/dev/video0?format=h265", "\"h265\" is not a format that is taken from a camera",
       "nearest is h264; there are auto, raw, mjpeg, h264"},
      {"file:a.mp4", "no whole path", "file:/home"},
      {"gst: ", "empty", "is-live=true"},
  };
  for (const auto& wrong : wrongs) {
    const auto uri = parse_source_uri(wrong.text);
    ASSERT_FALSE(uri) << wrong.text;
    EXPECT_THAT(uri.error().what, HasSubstr(wrong.what)) << wrong.text;
    EXPECT_THAT(uri.error().fix, HasSubstr(wrong.fix)) << wrong.text;
  }
}

}  // namespace
}  // namespace bigfoot::media
