// Data channels of a session: who is offered them, and what its viewer may ask on the channel `clock`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "latency/clock_estimator.hpp"
#include "robot/session_lab.hpp"

namespace bigfoot::robot {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class SessionChannelsTest : public SessionTest {
 protected:
  void go_live_with_channels() {
    ASSERT_TRUE(ask({}, "token", true));
    answer();
    peer->connect();
    film(1);
    ASSERT_EQ(session->state(), SessionState::live);
  }
  std::optional<latency::ClockPong> ping(std::uint32_t id) {
    const auto answer = peer->say("clock", latency::write_clock_message(latency::ClockPing{id}));
    if (!answer) return std::nullopt;
    return std::get<latency::ClockPong>(latency::read_clock_message(*answer).value());
  }
};

TEST_F(SessionChannelsTest, AViewerThatTakesThemIsOfferedDataChannelsBehindTheCameras) {
  add_camera("rear");
  ASSERT_TRUE(ask({}, "token", true));
  const auto offer = sdp::parse_description(offers().back());
  ASSERT_THAT(offer->media, SizeIs(3));
  EXPECT_EQ(offer->media[2].type, "application");
  EXPECT_EQ(offer->media[2].value("max-message-size"), std::to_string(channel_message_max));
  EXPECT_THAT(wire->channels, IsEmpty()) << "the viewer has not answered";
  answer();
  EXPECT_THAT(wire->channels, SizeIs(1));
}

TEST_F(SessionChannelsTest, AViewerThatAsksIsToldWhereTheTimeGoes) {
  cameras.front()->age = 7ms;
  cameras.front()->encode_time = 4ms;
  go_live_with_channels();
  const auto stages = [&]() -> std::optional<latency::StagesAnswer> {
    const auto answer = peer->say("clock", latency::write_stages_question({5}));
    return answer ? latency::read_stages_answer(*answer) : std::nullopt;
  };
  film(10);
  const auto told = stages();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->id, 5u);
  ASSERT_THAT(told->cameras, SizeIs(1));
  EXPECT_EQ(told->cameras[0].m_line, 0);
  EXPECT_EQ(told->cameras[0].capture.p50, 3ms);
  EXPECT_EQ(told->cameras[0].encode.p95, 4ms);
  EXPECT_FALSE(stages()) << "once in 200 ms";
  loop.advance(ClockChannel::stages_every);
  EXPECT_TRUE(stages());
  session->on_watch({{}});
  loop.advance(ClockChannel::stages_every);
  EXPECT_THAT(stages()->cameras, IsEmpty()) << "it looks at none";
}

TEST_F(SessionChannelsTest, AViewerThatSaysNothingOfThemIsOfferedPicturesOnly) {
  ASSERT_TRUE(ask());
  EXPECT_THAT(offers().back(), Not(HasSubstr("m=application")));
  answer();
  peer->connect();
  EXPECT_THAT(wire->channels, IsEmpty());
  EXPECT_EQ(session->state(), SessionState::live);
}

TEST_F(SessionChannelsTest, AViewerMayRefuseThemAndSeeThePictures) {
  ASSERT_TRUE(ask({}, "token", true));
  auto answer = sdp::parse_description(answer_to(offers().back()));
  answer->media[1].port = 0;
  answer->lines.clear();
  answer->lines.push_back({'t', "0 0"});
  answer->add("group", "BUNDLE 0");
  session->on_sdp({protocol::Sdp::Type::answer, sdp::to_string(*answer)});
  peer->connect();
  film(10);
  EXPECT_EQ(session->state(), SessionState::live);
  EXPECT_THAT(wire->channels, IsEmpty());
  EXPECT_TRUE(seen().decodable(frame_ticks));
}

TEST_F(SessionChannelsTest, TheyAreOpenedOnceAndStandInEveryOfferOfTheSession) {
  go_live_with_channels();
  session->on_restart();
  EXPECT_THAT(offers().back(), HasSubstr("m=application"));
  answer("renewed");
  EXPECT_THAT(wire->remotes, SizeIs(2));
  EXPECT_THAT(wire->channels, SizeIs(1));
  EXPECT_TRUE(ping(1));
}

TEST_F(SessionChannelsTest, APlayerThatOffersThemGetsThem) {
  const std::string data =
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n";
  std::string offer = player_offer();
  offer.replace(offer.find("BUNDLE 0"), 8, "BUNDLE 0 1");
  ASSERT_TRUE(ask(offer + data, ""));
  EXPECT_THAT(answers().back(), HasSubstr("m=application 9"));
  EXPECT_THAT(wire->channels, SizeIs(1));
  ASSERT_TRUE(ask(player_offer(), ""));
  EXPECT_THAT(answers().back(), Not(HasSubstr("m=application")));
  EXPECT_THAT(wire->channels, IsEmpty());
}

TEST_F(SessionChannelsTest, TheClockThatAnswersIsThatOfThePictures) {
  go_live_with_channels();
  const WallTime wall = loop.clock().wall();
  const auto pong = ping(7);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->id, 7u);
  EXPECT_EQ(pong->sent, latency::PeerTime(std::chrono::floor<Micros>(wall.time_since_epoch())));
  EXPECT_EQ(pong->received, pong->sent);
}

TEST_F(SessionChannelsTest, AViewerKnowsTheClockWithinTheFirstSecond) {
  go_live_with_channels();
  latency::ClockEstimator clock(loop.now());
  for (int i = 0; i < 20; ++i) {
    if (const auto asked = clock.ask(loop.now())) {
      EXPECT_EQ(clock.on_pong(ping(asked->id).value(), loop.now()), latency::PongVerdict::taken);
    }
    loop.advance(50ms);
  }
  const auto estimate = clock.estimate(loop.now());
  ASSERT_TRUE(estimate);
  const auto truth = latency::to_peer_time(loop.clock().wall());
  EXPECT_LE(std::chrono::abs(estimate->theirs(loop.now()) - truth), estimate->error);
  EXPECT_LT(estimate->error, 1ms);
}

TEST_F(SessionChannelsTest, AFloodOfPingsIsAnsweredTenTimesASecond) {
  go_live_with_channels();
  int answered = 0;
  for (int i = 0; i < 10'000; ++i, loop.advance(1ms)) answered += ping(1) ? 1 : 0;
  EXPECT_GE(answered, 100);
  EXPECT_LE(answered, 100 + latency::ClockAnswers::burst);
}

TEST_F(SessionChannelsTest, NoOtherChannelAndNoOtherMessageMeansAnything) {
  go_live_with_channels();
  EXPECT_FALSE(peer->say("drive", latency::write_clock_message(latency::ClockPing{1})));
  EXPECT_FALSE(peer->say("", latency::write_clock_message(latency::ClockPing{1})));
  EXPECT_FALSE(peer->say("clock", {}));
  EXPECT_FALSE(peer->say("clock", Bytes(1000, 0xff)));
  EXPECT_TRUE(ping(1));
}

}  // namespace
}  // namespace bigfoot::robot
