#include "robot/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/session_lab.hpp"
#include "sdp/fragment.hpp"

namespace bigfoot::robot {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::SizeIs;

constexpr const char* candidate = "candidate:1 1 udp 2130706431 192.0.2.9 50000 typ host";

TEST_F(SessionTest, OfferAnswerLiveEnd) {
  ASSERT_TRUE(ask());
  ASSERT_THAT(offers(), SizeIs(1));
  EXPECT_EQ(session->state(), SessionState::offered);
  EXPECT_TRUE(session->half_open());
  EXPECT_TRUE(awake()) << "the encoder warms up while the offer travels";
  EXPECT_TRUE(wire->controlling);

  answer();
  EXPECT_EQ(session->state(), SessionState::connecting);
  EXPECT_TRUE(session->half_open());
  ASSERT_THAT(wire->remotes, SizeIs(1));
  EXPECT_EQ(wire->remotes[0].ufrag, "theirs");
  film(5);
  EXPECT_THAT(wire->packets, IsEmpty()) << "nothing before the certificate is verified";

  peer->connect();
  film(30);
  EXPECT_EQ(session->state(), SessionState::live);
  EXPECT_FALSE(session->half_open());
  EXPECT_TRUE(seen().decodable(frame_ticks));
  EXPECT_THAT(seen().pictures, SizeIs(Ge(29u)));

  session->viewer_left("closed the page");
  EXPECT_EQ(session->state(), SessionState::ended);
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].reason, "closed the page");
  EXPECT_FALSE(ends[0].told) << "it knows";
  EXPECT_TRUE(wire->closed);
  EXPECT_FALSE(awake());
  film(5);
  session->viewer_left("again");
  session->on_restart();
  EXPECT_THAT(ends, SizeIs(1)) << "it ends once";
}

TEST_F(SessionTest, AViewerThatNeverAnswersIsLetGoInTenSeconds) {
  ASSERT_TRUE(ask());
  for (loop.advance(9'900ms); ends.empty() && loop.now() < Timestamp(2h); loop.advance(100ms)) session->tick();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, HasSubstr("never answered"));
  EXPECT_TRUE(ends[0].told);
  EXPECT_EQ(loop.now() - Timestamp(1h), 10'000ms + 100ms);
  EXPECT_FALSE(awake());
}

TEST_F(SessionTest, AViewerThatNeverConnectsIsLetGoForTheTransportsReason) {
  ASSERT_TRUE(ask());
  loop.advance(9s);
  answer();
  loop.advance(15s);
  session->tick();
  EXPECT_THAT(ends, IsEmpty()) << "a late answer does not shorten ICE and DTLS";
  loop.advance(2s);
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, HasSubstr("not connected in time"));
  EXPECT_TRUE(ends[0].told);
}

TEST_F(SessionTest, ACandidateMayComeBeforeTheAnswer) {
  ASSERT_TRUE(ask());
  session->on_candidate({candidate, 0});
  session->on_candidate({"candidate:nonsense", 0});
  session->on_candidate({"", 0});
  ASSERT_THAT(wire->candidates, SizeIs(1));
  EXPECT_EQ(wire->candidates[0].address, "192.0.2.9");
  answer();
  peer->connect();
  EXPECT_EQ(session->state(), SessionState::live);
}

TEST_F(SessionTest, OurLateCandidatesAreTrickledToThoseWhoCanHear) {
  ASSERT_TRUE(ask());
  transport::PeerListener& listener = peer->listener();
  listener.on_local_candidate(candidate);
  listener.on_local_candidate("");
  ASSERT_THAT(messages, SizeIs(2)) << "the offer and one candidate; the end of gathering is nobody's business";
  EXPECT_EQ(std::get<protocol::IceCandidate>(messages.back().content).candidate, candidate);
  messages.clear();
  ASSERT_TRUE(ask(player_offer(), ""));
  peer->listener().on_local_candidate(candidate);
  EXPECT_THAT(messages, SizeIs(1)) << "a player cannot be told: the answer is all it gets";
}

TEST_F(SessionTest, ARestartOfThePeersIsANewOfferUnderTheSamePictures) {
  go_live();
  const std::string first = offers().back();
  session->on_restart();
  ASSERT_THAT(offers(), SizeIs(2));
  EXPECT_THAT(first, HasSubstr("a=ice-ufrag:ours1"));
  EXPECT_THAT(offers().back(), HasSubstr("a=ice-ufrag:ours2"));
  film(10);
  answer("renewed");
  ASSERT_THAT(wire->remotes, SizeIs(2));
  EXPECT_EQ(wire->remotes.back().ufrag, "renewed");
  film(10);
  EXPECT_EQ(session->state(), SessionState::live);
  EXPECT_TRUE(seen().decodable(frame_ticks));
  EXPECT_EQ(seen().keyframes(), 1u) << "the pictures never stopped";
}

TEST_F(SessionTest, OfTwoOffersTheAnswerToTheOlderOneIsNotTaken) {
  go_live();
  session->on_restart();
  session->on_restart();
  ASSERT_THAT(offers(), SizeIs(3));
  session->on_sdp({protocol::Sdp::Type::answer, answer_to(offers()[1], "older")});
  EXPECT_THAT(wire->remotes, SizeIs(1));
  session->on_sdp({protocol::Sdp::Type::answer, answer_to(offers()[2], "newer")});
  ASSERT_THAT(wire->remotes, SizeIs(2));
  EXPECT_EQ(wire->remotes.back().ufrag, "newer");
}

TEST_F(SessionTest, AnOfferThatWasLostWithItsSocketDoesNotBlockTheNext) {
  go_live();
  session->on_restart();  // into a socket that is dead
  loop.advance(4s);
  session->on_restart();
  answer("patience");
  EXPECT_EQ(wire->remotes.back().ufrag, "patience");
  session->on_restart();
  session->signaling_lost();
  session->on_restart();
  answer("news");
  EXPECT_EQ(wire->remotes.back().ufrag, "news");
}

TEST_F(SessionTest, AFloodOfRestartsLeavesAViewerThatCanStillAnswer) {
  go_live();
  for (int i = 0; i < 5'000; ++i) session->on_restart();
  loop.advance(4s);
  session->on_restart();
  answer("atlast");
  EXPECT_EQ(wire->remotes.back().ufrag, "atlast");
  EXPECT_EQ(session->state(), SessionState::live);
}

TEST_F(SessionTest, AnotherCertificateWithinASessionEndsIt) {
  go_live();
  session->on_restart();
  std::string forged = answer_to(offers().back());
  for (auto at = forged.find("AB:AB"); at != std::string::npos; at = forged.find("AB:AB"))
    forged.replace(at, 5, "CD:CD");
  session->on_sdp({protocol::Sdp::Type::answer, forged});
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, HasSubstr("certificate"));
}

TEST_F(SessionTest, AnAnswerThatIsNoneEndsTheSessionInWords) {
  ASSERT_TRUE(ask());
  session->on_sdp({protocol::Sdp::Type::answer, "v=0 and the rest is silence"});
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, Not(IsEmpty()));
  EXPECT_TRUE(ends[0].told);
}

TEST_F(SessionTest, OverSignalingOnlyTheRobotOffers) {
  ASSERT_TRUE(ask());
  session->on_sdp({protocol::Sdp::Type::offer, player_offer()});
  EXPECT_EQ(session->state(), SessionState::offered);
  EXPECT_THAT(wire->remotes, IsEmpty());
}

TEST_F(SessionTest, APlayersOfferIsAnsweredOnceCandidatesAreThere) {
  transports.gathered = false;
  ASSERT_TRUE(ask(player_offer(), ""));
  EXPECT_THAT(answers(), IsEmpty());
  EXPECT_FALSE(wire->controlling);
  loop.advance(50ms);
  peer->gather();
  ASSERT_THAT(answers(), SizeIs(1));
  EXPECT_THAT(answers()[0], AllOf(HasSubstr("a=setup:passive"), HasSubstr("192.0.2.7 50000")));
  loop.advance(1s);
  EXPECT_THAT(answers(), SizeIs(1));
  peer->connect();
  film(30);
  EXPECT_TRUE(seen().decodable(frame_ticks));
}

TEST_F(SessionTest, ASlowStunServerDoesNotHoldAPlayerUp) {
  transports.gathered = false;
  ASSERT_TRUE(ask(player_offer(), ""));
  loop.advance(400ms);
  EXPECT_THAT(answers(), SizeIs(1));
  peer->gather();
  EXPECT_THAT(answers(), SizeIs(1)) << "once";
}

TEST_F(SessionTest, APlayerThatNeverConnectsIsLetGoInFifteenSeconds) {
  ASSERT_TRUE(ask(player_offer(), ""));
  for (int i = 0; i < 60; ++i, loop.advance(250ms)) session->tick();
  loop.run_posted();
  EXPECT_THAT(ends, SizeIs(1));
  EXPECT_EQ(session->state(), SessionState::ended);
}

TEST_F(SessionTest, AnOfferThatCannotBeAnsweredWakesNothing) {
  const auto vp8 = ask(player_offer("VP8/90000"), "");
  ASSERT_FALSE(vp8);
  EXPECT_TRUE(sdp::is_no_common_codec(vp8.error()));
  const auto noise = ask("offer me something", "");
  ASSERT_FALSE(noise);
  EXPECT_THAT(noise.error().what, HasSubstr("malformed offer"));
  EXPECT_FALSE(awake());
  EXPECT_THAT(messages, IsEmpty());
}

TEST_F(SessionTest, WithoutANetworkASessionIsRefused) {
  transports.no_interface = true;
  for (const bool player : {false, true}) {
    const auto started = player ? ask(player_offer(), "") : ask();
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().what, HasSubstr("network"));
    EXPECT_FALSE(awake());
  }
}

TEST_F(SessionTest, APlayerTricklesAndRestartsByFragments) {
  ASSERT_TRUE(ask(player_offer(), ""));
  const std::string mid = "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=" + std::string(candidate) + "\r\n";
  const auto trickled = session->on_fragment("a=ice-ufrag:theirs\r\na=ice-pwd:theirpasswordof22characters\r\n" + mid);
  ASSERT_TRUE(trickled);
  EXPECT_THAT(*trickled, IsEmpty()) << "nothing to say";
  EXPECT_THAT(wire->candidates, SizeIs(1));
  peer->connect();
  film(5);
  const auto restarted =
      session->on_fragment("a=ice-ufrag:renewed\r\na=ice-pwd:anotherpasswordof22characters\r\n" + mid);
  ASSERT_TRUE(restarted);
  EXPECT_THAT(*restarted, AllOf(HasSubstr("a=ice-ufrag:ours2"), HasSubstr("192.0.2.7 50000")));
  EXPECT_EQ(wire->remotes.back().ufrag, "renewed");
  EXPECT_THAT(wire->candidates, SizeIs(2));
  const auto refused = session->on_fragment("a=ice-ufrag:half\r\n");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("malformed fragment"));
  session->on_restart();
  EXPECT_THAT(offers(), IsEmpty()) << "a player cannot take an offer";
  film(10);
  EXPECT_TRUE(seen().decodable(frame_ticks));
}

TEST_F(SessionTest, ALostPathIsRenewedAndBeginsWithAKeyFrame) {
  go_live();
  film(20);
  peer->lose_path();
  EXPECT_EQ(session->state(), SessionState::path_lost);
  ASSERT_THAT(offers(), SizeIs(2)) << "a new path is offered at once";
  film(60);
  const std::size_t before = seen().pictures.size();
  answer("renewed");
  peer->path_comes_back();
  film(60);
  EXPECT_EQ(session->state(), SessionState::live);
  const Watched all = seen();
  ASSERT_THAT(all.pictures, SizeIs(Ge(before + 59)));
  EXPECT_TRUE(all.pictures[before].keyframe) << "what was sent before is lost";
  EXPECT_TRUE(all.decodable(frame_ticks));
  EXPECT_THAT(metrics.exposition(), HasSubstr("bigfoot_recovery_seconds_count{kind=\"path\",robot=\"rover-7\"} 1"));
  const auto status = session->status();
  ASSERT_TRUE(status.last_recovery);
  EXPECT_EQ(status.last_recovery->took, 60 * frame_time);
  EXPECT_EQ(loop.now() - status.last_recovery->at, 60 * frame_time);
  EXPECT_THAT(status.cameras, testing::ElementsAre("front"));
}

TEST_F(SessionTest, AGoodbyeOrAFailureOfTheTransportEndsTheSessionAndTheServerHearsOfIt) {
  go_live();
  peer->say_goodbye();
  EXPECT_THAT(ends, IsEmpty()) << "not from within the transport's call";
  loop.run_posted();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].reason, "the viewer closed the connection");
  EXPECT_TRUE(ends[0].told);

  ends.clear();
  ASSERT_TRUE(ask());
  answer();
  peer->give_up("the certificate is another's");
  loop.run_posted();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, HasSubstr("certificate"));
}

TEST_F(SessionTest, ASessionMayDieBeforeWhatItPosted) {
  go_live();
  peer->say_goodbye();
  session.reset();
  loop.run_posted();
  film(3);
  EXPECT_FALSE(awake());
}

TEST_F(SessionTest, OfTwoCamerasAViewerMayTakeOne) {
  add_camera("rear");
  ASSERT_TRUE(ask());
  EXPECT_TRUE(cameras[0]->awake && cameras[1]->awake) << "which one it takes is not known yet";
  answer("theirs", {0});
  EXPECT_FALSE(cameras[0]->awake) << "nobody watches it";
  EXPECT_TRUE(cameras[1]->awake);
  peer->connect();
  film(30, 4'000);
  EXPECT_THAT(watch(wire->packets, 96).pictures, IsEmpty());
  EXPECT_TRUE(watch(wire->packets, 98).decodable(frame_ticks));
  EXPECT_THAT(watch(wire->packets, 98).pictures, SizeIs(Ge(29u)));
}

TEST_F(SessionTest, ACameraThatIsTakenAgainWakesAgain) {
  add_camera("rear");
  ASSERT_TRUE(ask());
  answer("theirs", {0});
  peer->connect();
  session->on_restart();
  answer("renewed");
  EXPECT_TRUE(cameras[0]->awake);
  film(30, 4'000);
  EXPECT_TRUE(watch(wire->packets, 96).decodable(frame_ticks));
  EXPECT_THAT(watch(wire->packets, 96).pictures, SizeIs(Ge(29u)));
  session->viewer_left("closed the page");
  EXPECT_FALSE(cameras[0]->awake || cameras[1]->awake);
}

TEST_F(SessionTest, TheEncoderOfACameraThatIsNotWatchedSleepsAndWakesWithAKeyFrame) {
  add_camera("rear");
  go_live();
  session->on_watch({{"front"}});
  EXPECT_TRUE(cameras[0]->awake);
  EXPECT_FALSE(cameras[1]->awake);
  film(30, 4'000);
  EXPECT_THAT(watch(wire->packets, 98).pictures, SizeIs(Le(10u)));
  session->on_watch({{"rear"}});
  film(1, 4'000);
  EXPECT_FALSE(cameras[0]->awake);
  ASSERT_THAT(watch(wire->packets, 98).pictures, SizeIs(Ge(10u))) << "with the very next picture";
  EXPECT_TRUE(watch(wire->packets, 98).pictures.back().keyframe);
  film(29, 4'000);
  EXPECT_TRUE(watch(wire->packets, 98).decodable(frame_ticks));
  EXPECT_THAT(offers(), SizeIs(1u)) << "no new description";
}

TEST_F(SessionTest, WhatIsWatchedOutlivesALostPathAndARestart) {
  add_camera("rear");
  go_live();
  session->on_watch({{"rear"}});
  const std::size_t before = watch(wire->packets, 96).pictures.size();
  peer->lose_path();
  film(10, 4'000);
  peer->path_comes_back();
  film(10, 4'000);
  session->on_restart();
  answer("renewed");
  film(10, 4'000);
  EXPECT_THAT(watch(wire->packets, 96).pictures, SizeIs(before));
  EXPECT_FALSE(cameras[0]->awake);
  EXPECT_TRUE(watch(wire->packets, 98).decodable(frame_ticks));
  EXPECT_THAT(watch(wire->packets, 98).pictures, SizeIs(Ge(before + 18)));
}

TEST_F(SessionTest, WhatIsWatchedMayBeSaidBeforeTheAnswerAndMayBeNothing) {
  add_camera("rear");
  ASSERT_TRUE(ask());
  session->on_watch({{}});
  EXPECT_FALSE(cameras[0]->awake || cameras[1]->awake);
  answer();
  peer->connect();
  film(10, 4'000);
  EXPECT_EQ(session->state(), SessionState::live);
  EXPECT_THAT(wire->packets, IsEmpty());
  session->on_watch({{"front", "rear"}});
  film(10, 4'000);
  EXPECT_TRUE(watch(wire->packets, 96).decodable(frame_ticks));
  EXPECT_TRUE(watch(wire->packets, 98).decodable(frame_ticks));
}

TEST_F(SessionTest, ANameThatIsNoCameraOfTheSessionMeansNothing) {
  add_camera("rear");
  go_live();
  session->on_watch({{"left", "rear", "rear"}});
  EXPECT_FALSE(cameras[0]->awake);
  EXPECT_TRUE(cameras[1]->awake);
  session->viewer_left("closed the page");
  session->on_watch({{"front", "rear"}});
  EXPECT_FALSE(cameras[0]->awake || cameras[1]->awake) << "what ended wakes nobody";
}

TEST_F(SessionTest, APlayerOfOnePictureKeepsOneEncoderAwake) {
  add_camera("rear");
  ASSERT_TRUE(ask(player_offer(), ""));
  EXPECT_TRUE(cameras[0]->awake);
  EXPECT_FALSE(cameras[1]->awake);
}

TEST_F(SessionTest, ReportsOfDelayCountWhileThereIsAPictureToBeLate) {
  ASSERT_TRUE(ask());
  const protocol::ViewerReport report{.camera = "front",
                                      .delay = 40ms,
                                      .estimated = false,
                                      .clock_error = 3ms,
                                      .stages = {{protocol::ViewerStage::network, 31ms}}};
  session->on_viewer_report(report);
  const std::string none =
      "bigfoot_glass_latency_seconds_count{camera=\"front\",estimated=\"false\",robot=\"rover-7\"} 0";
  EXPECT_THAT(metrics.exposition(), HasSubstr(none));
  answer();
  peer->connect();
  for (int i = 0; i < 100; ++i) session->on_viewer_report(report);
  EXPECT_THAT(metrics.exposition(), HasSubstr(none.substr(0, none.size() - 1) + "1"));
  EXPECT_THAT(metrics.exposition(),
              HasSubstr(R"(bigfoot_clock_error_seconds_sum{camera="front",robot="rover-7"} 0.003)"));
  const std::string stage = R"(bigfoot_viewer_stage_seconds_count{camera="front",robot="rover-7",stage=)";
  EXPECT_THAT(metrics.exposition(), HasSubstr(stage + R"("network"} 1)"));
  EXPECT_THAT(metrics.exposition(), HasSubstr(stage + R"("display"} 0)")) << "it did not say";
}

}  // namespace
}  // namespace bigfoot::robot
