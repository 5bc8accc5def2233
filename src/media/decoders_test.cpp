#include "media/decoders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Size small{640, 360}, large{1280, 720};
constexpr FrameRate rate{30, 1};

const Error broke{"bigfoot_decoder: no more pictures", {}, Next::restart_pipeline};

struct DecodersTest : testing::Test {
  /// The first row of its codec that did not break; `asked` has one entry a trial.
  Result<DecoderChoice> pick(Codec codec, const std::string& name, Size size,
                             const std::map<std::string, std::string>& failed, const OnTrial& on_trial) {
    asked.push_back(key_of(codec) + (" " + size.text()) + " " + name);
    std::vector<PassedOver> passed_over;
    const auto rows = decoder_candidates(codec, name);
    if (!rows) return tl::unexpected(rows.error());
    for (const DecoderRow* row : *rows) {
      if (!std::string(row->element).starts_with(known)) continue;
      if (auto begun = begin_trial(on_trial, trial_of(*row)); !begun) return tl::unexpected(begun.error());
      if (during_trial) during_trial();
      if (failed.contains(row->element))
        passed_over.push_back({row->element, failed.at(row->element)});
      else
        return DecoderChoice{row, decoder_text(*row), passed_over};
    }
    return fail("none is left: " + failures_text(passed_over));
  }
  std::string choose(Codec codec, Size size = large) {
    const auto choice = decoders.choose(codec, size, rate, [this](const std::string& step) { steps.push_back(step); });
    return choice ? choice->row->element : choice.error().what;
  }
  std::string blame(Error error) {
    const auto blamed = decoders.blame(error, now);
    return blamed ? blamed->element + (blamed->passed_over ? " is passed over: " : ": ") + error.what : "";
  }

  std::string known = "avdec_";
  std::function<void()> during_trial;
  std::vector<std::string> asked, steps;
  Timestamp now{std::chrono::hours(1)};
  Decoders decoders{"auto", [this](Codec codec, const std::string& name, Size size, FrameRate,
                                   const std::map<std::string, std::string>& failed,
                                   const OnTrial& on_trial) { return pick(codec, name, size, failed, on_trial); }};
};

TEST_F(DecodersTest, EachCodecAndSizeIsTriedOnce) {
  for (int opened = 0; opened < 3; ++opened) {
    decoders.begin();
    EXPECT_EQ(choose(Codec::h264), "avdec_h264");
    EXPECT_EQ(decoders.in_use(), "avdec_h264");
    EXPECT_EQ(choose(Codec::jpeg), "avdec_mjpeg");
    EXPECT_EQ(choose(Codec::jpeg, small), "avdec_mjpeg");
  }
  EXPECT_THAT(asked, ElementsAre("h264 1280x720 auto", "jpeg 1280x720 auto", "jpeg 640x360 auto"));
  decoders.begin();
  EXPECT_EQ(decoders.in_use(), "") << "the next source may be raw";
}

TEST_F(DecodersTest, WhatATrialFoundIsToldOnce) {
  EXPECT_FALSE(decoders.take_found());
  choose(Codec::jpeg);
  const auto found = decoders.take_found();
  ASSERT_TRUE(found);
  EXPECT_STREQ(found->choice.row->element, "avdec_mjpeg");
  EXPECT_EQ(found->codec, Codec::jpeg);
  choose(Codec::jpeg);
  EXPECT_FALSE(decoders.take_found()) << "no trial, nothing found";
}

TEST_F(DecodersTest, OneThatBreaksTwiceGivesWayToTheNext) {
  known = "";
  EXPECT_EQ(choose(Codec::jpeg), "nvv4l2decoder");
  EXPECT_EQ(blame(broke), "nvv4l2decoder: nvv4l2decoder: no more pictures");
  EXPECT_EQ(choose(Codec::jpeg), "nvv4l2decoder") << "once may be chance";
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_EQ(blame(Decoders::standstill()), "nvv4l2decoder is passed over: nvv4l2decoder: stands still");
  EXPECT_EQ(choose(Codec::jpeg), "nvjpegdec");
  EXPECT_EQ(failures_text(decoders.take_found()->choice.passed_over), "nvv4l2decoder: broke in use: stands still");
}

TEST_F(DecodersTest, RatherOneThatBrokeThanNone) {
  choose(Codec::h264);
  blame(broke);
  blame(broke);
  EXPECT_EQ(choose(Codec::h264), "avdec_h264");
  EXPECT_THAT(decoders.take_found()->forgiven, HasSubstr("none is left: avdec_h264: broke in use"));
  EXPECT_EQ(blame(broke), "avdec_h264: avdec_h264: no more pictures") << "it has two chances again";
}

TEST_F(DecodersTest, AFaultOfTheCameraIsNotTheDecoders) {
  EXPECT_EQ(blame(broke), "") << "nothing decodes";
  choose(Codec::jpeg);
  EXPECT_EQ(blame({"camera: Could not read from resource"}), "");
  EXPECT_EQ(blame({"no picture for 1.0 s"}), "");
  EXPECT_EQ(blame({"camera: streaming stopped, reason not-negotiated (-4)"}), "") << "it has not refused";
}

TEST_F(DecodersTest, OneThatDoesNotAnswerWhatItIsToldRefusesTheStream) {
  ASSERT_TRUE(gst::start());
  const auto element = gst::adopt(gst_element_factory_make("jpegdec", nullptr));
  choose(Codec::jpeg);
  decoders.watch(element.get());
  gst_element_set_state(element.get(), GST_STATE_PLAYING);
  const auto sink = gst::pad_of(element.get(), "sink");
  const Error error{"camera: streaming stopped, reason not-negotiated (-4)"};
  EXPECT_EQ(blame(error), "") << "it was told nothing";
  gst_pad_send_event(sink.get(), gst_event_new_stream_start("test"));
  gst_pad_send_event(sink.get(), gst_event_new_caps(gst::adopt(gst_caps_from_string("image/jpeg")).get()));
  EXPECT_EQ(blame(error),
            "avdec_mjpeg: avdec_mjpeg: refuses the stream: camera: streaming stopped, reason not-negotiated (-4)");
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST_F(DecodersTest, OneThatHangsIsNotTriedUntilItIsBackWhateverElseBreaksOrIsWished) {
  known = "";
  EXPECT_EQ(choose(Codec::jpeg), "nvv4l2decoder");
  decoders.hang({"closing", "the trial of nvv4l2decoder"});
  EXPECT_EQ(choose(Codec::jpeg), "nvjpegdec") << "what was known of it counts no more";
  EXPECT_EQ(failures_text(decoders.take_found()->choice.passed_over),
            "nvv4l2decoder: the trial of nvv4l2decoder still hangs");
  for (int round = 0; round < 20; ++round) {
    EXPECT_NE(choose(Codec::jpeg), "nvv4l2decoder") << "rather one that broke than one that hangs";
    blame(broke);
  }
  decoders.wish("nvv4l2decoder");
  EXPECT_THAT(choose(Codec::jpeg), HasSubstr("still hangs"));
  decoders.wish("auto");
  EXPECT_EQ(choose(Codec::jpeg), "nvjpegdec");
  decoders.hang({});
  EXPECT_EQ(choose(Codec::jpeg, small), "nvv4l2decoder");
}

TEST_F(DecodersTest, WhatHangsAfterItsTrialIsNotItsFault) {
  choose(Codec::h264);
  EXPECT_EQ(steps.front(), "the trial of avdec_h264");
  EXPECT_EQ(tried_in(steps.back()), "");
}

TEST_F(DecodersTest, WhatComesBackAfterAnotherHasTakenItsPlaceDisturbsNothing) {
  known = "";
  during_trial = [this] {
    during_trial = {};
    decoders.hang({"the trial of nvv4l2decoder"});
    decoders.begin();  // by another worker
    EXPECT_EQ(choose(Codec::jpeg), "nvjpegdec");
  };
  EXPECT_THAT(choose(Codec::jpeg), HasSubstr("another has taken its place"));
  EXPECT_EQ(decoders.in_use(), "nvjpegdec");
  EXPECT_STREQ(decoders.take_found()->choice.row->element, "nvjpegdec");
}

TEST_F(DecodersTest, WhatComesBackTooLateTriesNoOther) {
  during_trial = [this] {
    during_trial = {};
    decoders.hang({"the trial of avdec_h264"});
    decoders.begin();  // by another worker
  };
  known = "";
  choose(Codec::h264);
  EXPECT_EQ(steps.size(), 2u) << "one trial, and what comes after all of them: " << testing::PrintToString(steps);
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(DecodersTest, WhatIsLackingIsSaidOnlyWhereSomethingHangs) {
  choose(Codec::h264);
  EXPECT_FALSE(decoders.lacks());
  decoders.hang({"the trial of avdec_h264"});
  decoders.begin();
  EXPECT_THAT(choose(Codec::h264), HasSubstr("still hangs"));
  EXPECT_TRUE(decoders.lacks());
  decoders.begin();
  EXPECT_FALSE(decoders.lacks()) << "the camera is gone: it never came to a decoder";
  EXPECT_EQ(choose(Codec::jpeg), "avdec_mjpeg");
  EXPECT_FALSE(decoders.lacks());
  decoders.hang({});
  decoders.begin();
  decoders.wish("jpegdec");
  EXPECT_THAT(choose(Codec::h264), HasSubstr("is not a known decoder"));
  EXPECT_FALSE(decoders.lacks()) << "nothing hangs";
}

TEST_F(DecodersTest, AnotherNameBeginsAnew) {
  choose(Codec::h264);
  blame(broke);
  blame(broke);
  decoders.wish("avdec_h264");
  EXPECT_EQ(choose(Codec::h264), "avdec_h264");
  EXPECT_THAT(decoders.take_found()->forgiven, IsEmpty());
  EXPECT_THAT(asked, ElementsAre("h264 1280x720 auto", "h264 1280x720 avdec_h264"));
  decoders.wish("jpegdec");
  EXPECT_THAT(choose(Codec::h264), AllOf(HasSubstr("jpegdec"), HasSubstr("is not a known decoder of H.264")));
  decoders.wish("auto");
  during_trial = [this] { decoders.wish("avdec_h264"); };
  choose(Codec::h264);
  during_trial = {};
  choose(Codec::h264);
  EXPECT_EQ(asked.back(), "h264 1280x720 avdec_h264") << "what the old wish found is not kept";
}

}  // namespace
}  // namespace bigfoot::media
