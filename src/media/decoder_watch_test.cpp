#include "media/decoder_watch.hpp"

#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

/// An element that gives back what it is given, or nothing; fed by hand, in the thread of the test.
struct DecoderWatchTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }

  void make(const char* text) {
    element = gst::adopt(gst_parse_launch(text, nullptr));
    watch.emplace(element.get());
    gst_element_set_state(element.get(), GST_STATE_PLAYING);
    sink = gst::pad_of(element.get(), "sink");
    gst_pad_send_event(sink.get(), gst_event_new_stream_start("test"));
  }
  ~DecoderWatchTest() override {
    if (element) gst_element_set_state(element.get(), GST_STATE_NULL);
  }
  void caps() {
    gst_pad_send_event(sink.get(), gst_event_new_caps(gst::adopt(gst_caps_from_string("image/jpeg")).get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_send_event(sink.get(), gst_event_new_segment(&segment));
  }
  void pictures(int count, bool keyframes = true) {
    for (int i = 0; i < count; ++i) {
      GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 8, nullptr);
      if (!keyframes) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
      gst_pad_chain(sink.get(), buffer);
    }
  }

  gst::Handle<GstElement> element;
  gst::Handle<GstPad> sink;
  std::optional<DecoderWatch> watch;
  Timestamp now{std::chrono::hours(1)};
};

TEST_F(DecoderWatchTest, OneThatGivesEachPictureBackNeverStandsStill) {
  make("identity");
  caps();
  for (int i = 0; i < 20; ++i) {
    pictures(1);
    EXPECT_FALSE(watch->standstill(now += 33ms));
  }
  EXPECT_FALSE(watch->refused());
}

TEST_F(DecoderWatchTest, AStandstillCountsFromTheMomentItIsSeen) {
  make("identity drop-probability=1");
  caps();
  pictures(DecoderWatch::pictures_owed - 1);
  EXPECT_FALSE(watch->standstill(now)) << "it may be at work";
  pictures(1);
  EXPECT_EQ(watch->standstill(now), Nanos{0});
  EXPECT_EQ(watch->standstill(now + 700ms), 700ms);
  g_object_set(element.get(), "drop-probability", 0.0, nullptr);
  pictures(1);
  EXPECT_FALSE(watch->standstill(now + 800ms));
}

TEST_F(DecoderWatchTest, InTheMiddleOfAStreamItWaitsForAKeyFrame) {
  make("identity drop-probability=1");
  caps();
  pictures(100, false);
  EXPECT_FALSE(watch->standstill(now));
  pictures(1);
  pictures(DecoderWatch::pictures_owed - 1, false);
  EXPECT_TRUE(watch->standstill(now));
}

TEST_F(DecoderWatchTest, WhatItIsToldAndDoesNotAnswerIsRefused) {
  make("jpegdec");
  EXPECT_FALSE(watch->refused()) << "nothing was asked of it";
  caps();
  EXPECT_TRUE(watch->refused()) << "a decoder answers when it has seen a picture";
}

}  // namespace
}  // namespace bigfoot::media
