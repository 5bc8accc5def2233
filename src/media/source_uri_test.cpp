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
  const auto gst = parse_source_uri("gst:videotestsrc is-live=true ! video/x-raw,width=640 ! tee name=t");
  ASSERT_TRUE(gst);
  EXPECT_EQ(gst->target, "videotestsrc is-live=true ! video/x-raw,width=640 ! tee name=t");
}

TEST(SourceUri, OnlyTheRobotsOwnFileMayRunAnythingOrReadFiles) {
  EXPECT_TRUE(parse_source_uri("gst:fakesrc")->local_only());
  EXPECT_TRUE(parse_source_uri("file:/a.mp4")->local_only());
  EXPECT_FALSE(parse_source_uri("test:")->local_only());
  EXPECT_FALSE(parse_source_uri("v4l2:/dev/video0")->local_only());
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
      {"test:?sise=640x360", "\"sise\"", "nearest is size; there are size, fps, pattern"},
      {"test:?format=raw", "\"format\"", "there are size, fps, pattern"},
      {"rtsp://camera/1", "rtsp:", "there are test:, v4l2:, file:, gst:"},
      {"test:?size=640", "\"640\"", "1280x720"},
      {"test:?size=640x360&size=320x180", "\"size\" is given twice", "keep one"},
      {"test:?fps=fast", "\"fast\"", "30"},
      {"test:?fps", "\"fps\" has no value", "size=1280x720"},
      {"test:?pattern=bars", "\"bars\" is not a pattern", "there are rover, plain"},
      {"v4l2:video0", "names no device", "v4l2:/dev/video0"},
      {"v4l2:/dev/video0?format=h265", "\"h265\" is not a format", "nearest is h264; there are auto, raw, mjpeg, h264"},
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
