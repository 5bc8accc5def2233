// How long a camera may be silent before viewers are told and before it is opened anew. Time by hand: the source opens
// for real and gives nothing, the test says when there was a picture.
#include "media/source_part.hpp"

#include <future>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/hand_loop_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanos watch_period = 50ms;
constexpr Nanos answers_within = 1h;

CaptureSettings silent_camera() {
  CaptureSettings settings{*parse_source_uri("gst:appsrc is-live=true format=time ! "
                                             "video/x-raw,format=I420,width=320,height=180,framerate=30/1"),
                           {{320, 180}, {30, 1}}};
  V4l2Places places;
  places.answers_within = answers_within;
  settings.request.v4l2 = std::make_shared<V4l2Cameras>(places);
  return settings;
}

struct SourcePartTest : testing::Test, SourcePartListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  SourcePartTest() {
    part.start("video/x-raw,format=I420");
    EXPECT_TRUE(opened());
    part.watch();
  }
  void on_source_fault(const Error& error, Nanos) override { faults.push_back(error.what); }
  void on_controls_refused(const std::vector<ControlRefusal>& refused,
                           const std::vector<ControlSetting>& now) override {
    for (const auto& each : refused) refusals.push_back(each.setting);
    kept = now;
  }
  /// As a camera whose controls are `good`, up to 10.
  Result<std::vector<ControlRefusal>> set_controls(const SourceUri& uri) {
    {
      const std::lock_guard lock(mutex);
      sets.push_back(uri.controls);
    }
    if (hangs) released.wait();
    if (gone) return fail("it is gone");
    std::vector<ControlRefusal> refused;
    for (const ControlSetting& asked : uri.controls)
      if (asked.name != "good" || asked.value > 10)
        refused.push_back({asked, {"no", "another", asked.name == "late" ? Next::retry : Next::give_up}});
    return refused;
  }
  void change_controls(std::vector<ControlSetting> controls) {
    CaptureSettings next = settings;
    next.source.controls = std::move(controls);
    part.change(next);
  }
  void turn() {
    CaptureSettings next = settings;
    next.source.turn.rotate = Rotate::by_180;
    part.change(next);
  }
  std::size_t asked() {
    const std::lock_guard lock(mutex);
    return sets.size();
  }
  bool settled() {
    return loop.run_until([&] { return part.settled(); });
  }

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
  std::vector<ControlSetting> refusals, kept;
  std::mutex mutex;
  std::vector<std::vector<ControlSetting>> sets;
  bool gone = false, hangs = false;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const CaptureSettings settings = silent_camera();
  SourcePart part{loop,
                  settings,
                  std::make_shared<Feed>(control, ledger),
                  ledger,
                  *this,
                  Log(),
                  Decoders::from_table(),
                  nullptr,
                  [this](const SourceUri& uri, V4l2Cameras&) { return set_controls(uri); }};
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

TEST_F(SourcePartTest, AnotherSourceIsTriedWhenItsFirstPictureComes) {
  turn();
  ASSERT_TRUE(opened());
  part.watch();
  EXPECT_FALSE(part.settled()) << "many cameras refuse only when they are to stream";
  EXPECT_FALSE(part.fault());
  pass(50ms);
  picture();
  EXPECT_TRUE(part.settled());
  EXPECT_FALSE(part.fault());
}

TEST_F(SourcePartTest, OneThatGivesNothingIsTriedWhenThatIsItsFault) {
  turn();
  ASSERT_TRUE(opened());
  pass(5s);
  EXPECT_FALSE(part.settled());
  pass(50ms);
  EXPECT_TRUE(part.settled());
  ASSERT_TRUE(part.fault());
  EXPECT_EQ(part.fault()->what, "no picture for 5.0 s");
  loop.advance(1s);
  EXPECT_TRUE(part.settled()) << "that it is tried again is nobody's change";
  ASSERT_TRUE(opened());
  EXPECT_TRUE(part.settled()) << "nor waits one for its pictures";
  EXPECT_TRUE(part.fault());
  pass(50ms);
  picture();
  EXPECT_FALSE(part.fault());
}

TEST_F(SourcePartTest, ARefusedControlIsTriedOnceAndTheValueBeforeHolds) {
  change_controls({{"good", 1}});
  EXPECT_FALSE(part.settled());
  ASSERT_TRUE(settled());
  EXPECT_THAT(refusals, IsEmpty());
  change_controls({{"good", 99}, {"bad", 2}});
  ASSERT_TRUE(settled());
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"good", 99}, ControlSetting{"bad", 2}));
  EXPECT_THAT(kept, ElementsAre(ControlSetting{"good", 1}));
  change_controls(kept);
  EXPECT_TRUE(part.settled()) << "nothing is left to do";
  EXPECT_EQ(part.runner().starts(), 1u);
}

TEST_F(SourcePartTest, OfControlsThatAreAskedQuicklyNoneIsLostForAnothersSake) {
  change_controls({{"bad", 1}});
  change_controls({{"bad", 1}, {"good", 2}});
  change_controls({{"bad", 1}, {"good", 3}});
  ASSERT_TRUE(settled());
  EXPECT_THAT(kept, ElementsAre(ControlSetting{"good", 3}));
  EXPECT_EQ(sets.size(), 2u) << "the one that was under way, and the newest";
}

TEST_F(SourcePartTest, WhatANewerWishTookOutDoesNotComeBackWithARefusalOfTheOneBefore) {
  change_controls({{"good", 5}});
  ASSERT_TRUE(settled());
  change_controls({{"good", 99}});
  change_controls({});
  ASSERT_TRUE(settled());
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"good", 99}));
  EXPECT_THAT(kept, IsEmpty());
  EXPECT_THAT(sets.back(), IsEmpty());
}

TEST_F(SourcePartTest, WhatWasWantedBeforeIsNotTakenBackWithWhatIsRefusedNow) {
  part.stop();
  ASSERT_TRUE(loop.run_until([&] { return part.stopped(); }));
  change_controls({{"odd", 1}});
  part.start("video/x-raw,format=I420");
  ASSERT_TRUE(opened());
  change_controls({{"odd", 1}, {"good", 2}});
  ASSERT_TRUE(settled());
  EXPECT_THAT(refusals, IsEmpty()) << "the opening took it";
  change_controls({{"odd", 1}, {"good", 99}});
  ASSERT_TRUE(settled());
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"good", 99}));
  EXPECT_THAT(kept, ElementsAre(ControlSetting{"odd", 1}, ControlSetting{"good", 2}));
}

TEST_F(SourcePartTest, WhatIsNeitherTakenNorRefusedIsAskedAgainAFewTimes) {
  change_controls({{"late", 1}});
  ASSERT_TRUE(loop.run_until([&] {
    loop.advance(100ms);
    if (asked() < 4) {
      EXPECT_THAT(refusals, IsEmpty());
    }
    return part.settled();
  }));
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"late", 1}));
  EXPECT_THAT(kept, IsEmpty());
  EXPECT_EQ(asked(), 4u);
}

TEST_F(SourcePartTest, ACameraThatIsGoneRefusesNothingButWhoAskedIsTold) {
  gone = true;
  change_controls({{"bad", 1}});
  ASSERT_TRUE(settled());
  EXPECT_THAT(refusals, ElementsAre(ControlSetting{"bad", 1}));
  EXPECT_THAT(kept, ElementsAre(ControlSetting{"bad", 1})) << "it gets it when it is back";
}

TEST_F(SourcePartTest, LookingForACameraByItsNameMayTakeAsLongAsAnotherHangs) {
  hangs = true;
  change_controls({{"good", 1}});
  ASSERT_TRUE(loop.run_until([&] { return asked() == 1; }));
  loop.advance(answers_within + 1s);
  EXPECT_THAT(faults, IsEmpty());
  loop.advance(3s);
  EXPECT_THAT(faults, ElementsAre("setting controls hangs for more than 3603.0 s"));
  release.set_value();
}

}  // namespace
}  // namespace bigfoot::media
