#include "view/player.hpp"

#include <gmock/gmock.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "base/fake_loop.hpp"

namespace bigfoot::view {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A decoder that gives a picture when the test says so.
class FakeDecoder final : public Decoder {
 public:
  FakeDecoder(std::vector<std::uint64_t>& fed, std::vector<std::string>& resets) : fed_(fed), resets_(resets) {}
  void start() override {}
  void stop() override {}
  void end() override {}
  bool stopped() const override { return true; }
  void feed(h264::AccessUnit, std::uint64_t id) override { fed_.push_back(id); }
  void reset(Error why) override { resets_.push_back(why.what); }
  void watch() override {}
  std::string element() const override { return "fakedec"; }

 private:
  std::vector<std::uint64_t>& fed_;
  std::vector<std::string>& resets_;
};

class PlayerTest : public testing::Test, public PlayerOwner {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }

  void make(Nanos smooth = Nanos{0}) {
    PlayerOwner& owner = *this;
    player.emplace(
        loop, "front", smooth,
        [this](media::DecoderPartListener& listener, const Log&) {
          decoder = &listener;
          return std::make_unique<FakeDecoder>(fed, resets);
        },
        owner, Log{});
  }
  void frame(std::int64_t ticks, std::size_t newer = 0, std::optional<latency::PeerTime> captured = {}) {
    Frame frame;
    frame.bytes = std::make_shared<const Bytes>(1000);
    frame.keyframe = ticks == 0;
    frame.ticks = ticks;
    frame.first_arrival = loop.now() - 2ms;
    frame.last_arrival = loop.now();
    frame.captured = captured;
    frame.newer = newer;
    player->on_frame(frame);
  }
  void decoded(std::uint64_t id) {
    const auto caps =
        media::gst::adopt(gst_caps_from_string("video/x-raw,format=I420,width=640,height=360,framerate=30/1"));
    auto buffer = media::gst::adopt(gst_buffer_new());
    media::DecodedPicture picture;
    picture.image = std::make_shared<media::Image>(std::move(buffer), caps.get());
    picture.id = id;
    picture.fed = picture.decoded = loop.now();
    decoder->on_picture(std::move(picture));
  }
  CameraCounts counts() { return player->second(loop.now()).counts; }

  void need_keyframe(const std::string& camera) override { asked.push_back(camera); }
  std::optional<latency::ClockEstimate> sender_clock(const std::string&) const override { return clock; }
  void show(const std::string&, const media::DecodedPicture& picture) override { screen.push_back(picture.id); }
  void decoder_fault(const std::string&, const Error& error) override { faults.push_back(error.what); }
  void decoder_replaced(const std::string&) override { ++replaced; }
  void decoder_recovered(const std::string&, Nanos took) override { recoveries.push_back(took); }
  void no_decoder(const Error& why) override { given_up.push_back(why.what); }
  void received(const std::string&, const h264::AccessUnit& unit, std::int64_t) override {
    recorded += unit.bytes.size();
    recorded_at.push_back(unit.captured);
  }

  FakeLoop loop;
  media::DecoderPartListener* decoder = nullptr;
  std::vector<std::uint64_t> fed, screen;
  std::vector<std::string> resets, asked, faults, given_up;
  std::size_t recorded = 0;
  int replaced = 0;
  std::vector<Nanos> recoveries;
  std::vector<Timestamp> recorded_at;
  std::optional<latency::ClockEstimate> clock;
  std::optional<Player> player;
};

TEST_F(PlayerTest, AFrameGoesToDecoderScreenAndRecorder) {
  make();
  frame(0);
  EXPECT_THAT(fed, ElementsAre(1u));
  EXPECT_TRUE(player->fed());
  decoded(1);
  EXPECT_FALSE(player->fed());
  EXPECT_THAT(screen, ElementsAre(1u));
  EXPECT_FALSE(player->freeze().seen()) << "it is not on the screen yet";
  player->shown(1, loop.now());
  EXPECT_TRUE(player->freeze().fresh(loop.now()));
  const CameraSecond second = player->second(loop.now());
  EXPECT_EQ(second.size, (Size{640, 360}));
  EXPECT_EQ(second.decoder, "fakedec");
  EXPECT_EQ(second.counts.shown, 1u);
  EXPECT_EQ(second.counts.keyframes, 1u);
  EXPECT_EQ(recorded, 1000u);
}

TEST_F(PlayerTest, WhatIsRecordedIsAsFarApartAsTheSenderSays) {
  make();
  frame(0);
  loop.advance(80ms);  // a repair
  frame(4500, 1);
  frame(9000);
  EXPECT_EQ(recorded_at[1] - recorded_at[0], Nanos(50ms));
  EXPECT_EQ(recorded_at[2] - recorded_at[1], Nanos(50ms));
}

TEST_F(PlayerTest, AFrameWithNewerOnesBehindItIsDecodedAndSkipped) {
  make();
  frame(0, 2);
  frame(3000);
  EXPECT_THAT(fed, ElementsAre(1u, 2u));
  decoded(1);
  decoded(2);
  EXPECT_THAT(screen, ElementsAre(2u));
  EXPECT_EQ(counts().skipped, 1u);
}

TEST_F(PlayerTest, APictureThatTheScreenNeverHadTimeForIsSkipped) {
  make();
  for (int i = 0; i < 3; ++i) frame(i * 3000);
  for (std::uint64_t id = 1; id <= 3; ++id) decoded(id);
  player->shown(1, loop.now());
  player->shown(3, loop.now());
  EXPECT_EQ(counts().shown, 2u);
  EXPECT_EQ(counts().skipped, 1u);
  player->shown(2, loop.now());
  EXPECT_EQ(counts().shown, 2u) << "said twice, or too late";
}

TEST_F(PlayerTest, SmoothHoldsFramesInFrontOfTheDecoder) {
  make(50ms);
  frame(0);
  EXPECT_THAT(fed, IsEmpty());
  loop.advance(30ms);
  frame(3000);
  loop.advance(25ms);
  EXPECT_THAT(fed, ElementsAre(1u));
  decoded(1);
  player->shown(1, loop.now());
  EXPECT_EQ(player->freeze().age(loop.now()), 0ms);
  EXPECT_EQ(player->arrived(loop.now()), 55ms) << "it came before it was held back";
  loop.advance(50ms);
  EXPECT_THAT(fed, ElementsAre(1u, 2u));
}

TEST_F(PlayerTest, TheDelayIsByTheSendersClock) {
  make();
  clock = latency::ClockEstimate{10s, 1ms, false};
  const latency::PeerTime captured(loop.now().time_since_epoch() + 10s - 80ms);
  frame(0, false, captured);
  decoded(1);
  player->shown(1, loop.now());
  const CameraSecond second = player->second(loop.now());
  ASSERT_TRUE(second.newest_delay);
  EXPECT_EQ(second.newest_delay->value, Nanos(80ms));
  EXPECT_EQ(second.stages.at(Stage::arrival).p50, Nanos(78ms));
  EXPECT_EQ(player->reports().take({})->delay.value, Nanos(80ms));
  EXPECT_FALSE(player->reports().take({}));
}

TEST_F(PlayerTest, WhatTheDecoderWantsIsHandedOn) {
  make();
  decoder->on_keyframe_needed();
  decoder->on_decode_error("damaged");
  EXPECT_THAT(asked, ElementsAre("front", "front"));
  decoder->on_decoder_fault({"it broke", {}, Next::retry}, 1s);
  EXPECT_THAT(faults, ElementsAre("it broke"));
}

TEST_F(PlayerTest, ADecoderThatIsGivenFramesAndGivesNothingIsReplacedOnce) {
  make();
  frame(0);
  decoded(1);
  player->shown(1, loop.now());
  EXPECT_EQ(player->treat().tried, Remedy::none);
  frame(3000);
  loop.advance(400ms);
  EXPECT_EQ(player->treat().tried, Remedy::keyframe);
  loop.advance(decoder_after);
  EXPECT_EQ(player->treat().tried, Remedy::decoder);
  EXPECT_THAT(resets, ElementsAre("it is given pictures and none is seen"));
  EXPECT_FALSE(player->fed()) << "its new one was given nothing";
  loop.advance(stuck_after);
  EXPECT_FALSE(player->treat().stuck);
  frame(6000);
  EXPECT_FALSE(player->treat().stuck) << "it has its time from here on";
  loop.advance(stuck_after);
  EXPECT_TRUE(player->treat().stuck) << "another session may help";
}

TEST_F(PlayerTest, WhatADecoderThatBrokeAndCameBackHealedIsNoKeyFramesMerit) {
  make();
  frame(0);
  decoded(1);
  player->shown(1, loop.now());
  player->treat();
  loop.advance(400ms);
  EXPECT_EQ(player->treat().tried, Remedy::keyframe);
  decoder->on_decoder_replaced();
  loop.advance(decoder_after);
  frame(3000);
  EXPECT_EQ(player->treat().tried, Remedy::none) << "it is new";
  decoder->on_decoder_recovered(1400ms);
  decoded(2);
  player->shown(2, loop.now());
  EXPECT_FALSE(player->treat().recovered);
  EXPECT_EQ(replaced, 1);
  EXPECT_THAT(recoveries, ElementsAre(Nanos(1400ms)));
}

TEST_F(PlayerTest, ADecoderThatBrokeAsTheRobotWentIsNotWhatHelpedAnHourLater) {
  make();
  decoder->on_decoder_replaced();
  player->begin_session();
  decoder->on_decoder_recovered(1h);
  EXPECT_THAT(recoveries, ElementsAre());
}

TEST_F(PlayerTest, APictureOfTheSessionBeforeIsNotNewInTheNextOne) {
  make();
  frame(0);
  frame(3000);
  decoded(1);
  player->shown(1, loop.now());
  EXPECT_TRUE(player->fresh(loop.now()));
  player->begin_session();
  EXPECT_FALSE(player->fresh(loop.now())) << "it was shown a moment ago, but not in this session";
  EXPECT_TRUE(player->freeze().fresh(loop.now())) << "what is seen is as new as it is";
  EXPECT_FALSE(player->fed());
  decoded(2);
  player->shown(2, loop.now());
  EXPECT_FALSE(player->fresh(loop.now())) << "it was still on its way";
  frame(900'000'000);
  EXPECT_TRUE(player->fed());
  decoded(3);
  player->shown(3, loop.now());
  EXPECT_TRUE(player->fresh(loop.now()));
}

TEST_F(PlayerTest, ADecoderThatBreaksIsNoReasonToGiveUpAndTrialsThatAllFailAre) {
  make();
  const Error broke{"it broke", {}, Next::retry}, none{"none works", {}, Next::give_up};
  for (int i = 0; i < 10; ++i) decoder->on_decoder_fault(broke, 1s);
  decoder->on_no_decoder(none);
  decoder->on_no_decoder(none);
  decoder->on_decoder_open();
  decoder->on_no_decoder(none);
  decoder->on_no_decoder(none);
  EXPECT_THAT(given_up, IsEmpty()) << "in a row";
  decoder->on_no_decoder(none);
  EXPECT_THAT(given_up, ElementsAre("none works"));
}

TEST_F(PlayerTest, AnotherStreamBeginsWithoutWhatWasHeldOfTheOneBefore) {
  make(50ms);
  frame(0);
  player->begin_session();
  frame(900'000'000);
  loop.advance(60ms);
  EXPECT_THAT(fed, ElementsAre(2u));
}

}  // namespace
}  // namespace bigfoot::view
