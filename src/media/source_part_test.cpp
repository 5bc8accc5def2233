// How long a camera may be silent before viewers are told and before it is opened anew. Time by hand: the source opens
// for real and gives nothing, the test says when there was a picture.
#include "media/source_part.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/hand_loop_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanos watch_period = 50ms;

struct SourcePartTest : testing::Test, SourcePartListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  SourcePartTest() {
    part.start("video/x-raw,format=I420");
    EXPECT_TRUE(opened());
    part.watch();
  }
  void on_source_fault(const Error& error, Nanos) override { faults.push_back(error.what); }

  bool opened() {
    return loop.run_until([&] { return part.runner().open(); });
  }
  void pass(Nanos span) {
    for (; span > Nanos{0}; span -= watch_period) {
      loop.advance(watch_period);
      part.watch();
    }
  }
  void picture() {
    ledger->captured(loop.now(), false);
    part.watch();
  }
  void pictures(int count, Nanos every) {
    for (int i = 0; i < count; ++i) {
      pass(every);
      picture();
    }
  }

  HandLoop loop;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::vector<std::string> faults;
  SourcePart part{loop,
                  {*parse_source_uri("gst:appsrc is-live=true format=time ! "
                                     "video/x-raw,format=I420,width=320,height=180,framerate=30/1"),
                   {{320, 180}, {30, 1}}},
                  std::make_shared<Feed>(control, ledger),
                  ledger,
                  *this,
                  Log()};
};

TEST_F(SourcePartTest, ASilentCameraIsMissedAtOnceAndOpenedAnewAfterASecond) {
  pictures(10, 50ms);
  EXPECT_EQ(part.trouble(), "");
  pass(200ms);
  EXPECT_EQ(part.trouble(), "");
  pass(50ms);
  EXPECT_EQ(part.trouble(), "no picture from the camera for 0.2 s");
  picture();
  EXPECT_EQ(part.trouble(), "");
  EXPECT_THAT(part.take_recoveries(), ElementsAre(250ms)) << "since its last picture";
  EXPECT_THAT(part.take_recoveries(), IsEmpty());
  pass(1s);
  EXPECT_THAT(faults, IsEmpty());
  pass(50ms);
  EXPECT_THAT(faults, ElementsAre("no picture for 1.0 s"));
}

TEST_F(SourcePartTest, ACameraThatGivesFewPicturesIsGivenMoreTime) {
  pictures(8, 500ms);
  for (int i = 0; i < 20; ++i) {
    pass(500ms);
    EXPECT_EQ(part.trouble(), "") << i;
    picture();
  }
  pass(1500ms);
  EXPECT_EQ(part.trouble(), "");
  pass(50ms);
  EXPECT_EQ(part.trouble(), "no picture from the camera for 1.5 s");
  EXPECT_THAT(faults, IsEmpty());
  pass(1s);
  EXPECT_THAT(faults, ElementsAre("no picture for 2.5 s"));
}

TEST_F(SourcePartTest, OneThatComesAndGoesIsNotGivenAnyLonger) {
  for (int i = 0; i < 8; ++i) {
    loop.advance(30s);
    ledger->captured(loop.now(), false);
  }
  part.watch();
  pass(3s);
  EXPECT_EQ(part.trouble(), "");
  pass(50ms);
  EXPECT_EQ(part.trouble(), "no picture from the camera for 3.0 s");
}

TEST_F(SourcePartTest, TheFirstPictureMayTakeLonger) {
  pass(5s);
  EXPECT_EQ(part.trouble(), "no picture from the camera for 0.2 s");
  EXPECT_THAT(faults, IsEmpty());
  pass(50ms);
  EXPECT_THAT(faults, ElementsAre("no picture for 5.0 s"));
}

TEST_F(SourcePartTest, WhatABrokenSourceHadUnderWayIsNoReturn) {
  pictures(10, 50ms);
  pass(1050ms);
  ASSERT_EQ(faults.size(), 1u);
  picture();
  EXPECT_EQ(part.trouble(), "no picture for 1.0 s") << "it is being opened anew";
  loop.advance(1s);
  ASSERT_TRUE(opened());
  part.watch();
  EXPECT_EQ(part.trouble(), "no picture for 1.0 s");
  pass(50ms);
  picture();
  EXPECT_EQ(part.trouble(), "");
}

TEST_F(SourcePartTest, AnEncoderThatTakesOtherPicturesGetsThem) {
  part.start("video/x-raw,format=I420");
  EXPECT_EQ(part.runner().starts(), 1u);
  part.start("video/x-raw,format=NV12");
  EXPECT_TRUE(opened());
  EXPECT_EQ(part.runner().starts(), 2u);
  EXPECT_THAT(faults, IsEmpty());
  part.stop();
  EXPECT_TRUE(loop.run_until([&] { return part.stopped(); }));
}

}  // namespace
}  // namespace bigfoot::media
