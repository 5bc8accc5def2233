// What a session does about the H.264 profile and level: it says them, and keeps to what was agreed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/session_lab.hpp"

namespace bigfoot::robot {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using SessionProfileTest = SessionTest;

// A viewer that takes exactly the level it names (RFC 6184 8.1: no level-asymmetry-allowed).
std::string strict(std::string sdp, const std::string& profile_level_id = "42e01f") {
  const std::string loose = "level-asymmetry-allowed=1;";
  for (auto at = sdp.find(loose); at != std::string::npos; at = sdp.find(loose)) sdp.erase(at, loose.size());
  const std::string key = "profile-level-id=";
  for (auto at = sdp.find(key); at != std::string::npos; at = sdp.find(key, at + 1))
    sdp.replace(at + key.size(), 6, profile_level_id);
  return sdp;
}

TEST_F(SessionProfileTest, BeforeTheEncoderRanTheOfferSaysTheLevelItsSettingsNeed) {
  add_camera({.name = "large", .size = {1920, 1080}});
  add_camera({.name = "fast", .fps = {60, 1}});
  ASSERT_TRUE(ask());
  EXPECT_THAT(offers()[0], HasSubstr("profile-level-id=42e01f")) << "720p30";
  EXPECT_THAT(offers()[0], HasSubstr("profile-level-id=42e028"));
  EXPECT_THAT(offers()[0], HasSubstr("profile-level-id=42e020"));
}

TEST_F(SessionProfileTest, AViewerOfALowerLevelIsRefusedInWordsThatSayTheFix) {
  cameras[0]->profile_level_id = "42c028";
  ASSERT_TRUE(ask());
  session->on_sdp({protocol::Sdp::Type::answer, strict(answer_to(offers().back()))});
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, AllOf(HasSubstr("camera front"), HasSubstr("level 4"), HasSubstr("3.1"),
                                    HasSubstr("lower the size, frame rate or bit rate")));
  EXPECT_TRUE(ends[0].told);
  EXPECT_FALSE(awake());
  const auto player = ask(strict(player_offer()), "");
  ASSERT_FALSE(player);
  EXPECT_TRUE(sdp::is_no_common_codec(player.error())) << player.error().what;
  EXPECT_THAT(player.error().fix, HasSubstr("lower the size"));
  EXPECT_THAT(answers(), IsEmpty());
  EXPECT_FALSE(awake());
}

TEST_F(SessionProfileTest, AViewerThatTakesAnyLevelOrTheStreamsIsServed) {
  cameras[0]->profile_level_id = "42c028";
  ASSERT_TRUE(ask(player_offer(), "")) << "level-asymmetry-allowed, as browsers say";
  ASSERT_TRUE(ask(strict(player_offer(), "42e028"), ""));
  ASSERT_TRUE(ask());
  answer();
  peer->connect();
  EXPECT_EQ(session->state(), SessionState::live);
  EXPECT_THAT(ends, IsEmpty());
}

TEST_F(SessionProfileTest, ALevelThatGrowsWhileAViewerWatchesIsAgreedAnewWithoutAGap) {
  cameras[0]->profile_level_id = "42c01f";
  go_live();
  cameras[0]->profile_level_id = "42c028";
  session->streams_changed();
  ASSERT_THAT(offers(), SizeIs(2));
  EXPECT_THAT(offers()[1], HasSubstr("profile-level-id=42c028"));
  const auto before = wire->packets.size();
  film(10);
  EXPECT_GT(wire->packets.size(), before) << "the pictures do not wait for it";
  answer();
  EXPECT_EQ(session->state(), SessionState::live);
  session->streams_changed();
  EXPECT_THAT(offers(), SizeIs(2)) << "it is agreed";
}

TEST_F(SessionProfileTest, APlayerThatAgreedToLessMustAskAgainAndIsToldWhy) {
  cameras[0]->profile_level_id = "42c01f";
  ASSERT_TRUE(ask(strict(player_offer()), ""));
  loop.advance(1s);
  peer->connect();
  ASSERT_THAT(ends, IsEmpty());
  cameras[0]->profile_level_id = "42c028";
  session->streams_changed();
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_THAT(ends[0].reason, AllOf(HasSubstr("camera front"), HasSubstr("level 4")));
}

TEST_F(SessionProfileTest, AnOfferThatGuessedTooLowIsMadeAgain) {
  ASSERT_TRUE(ask());
  cameras[0]->profile_level_id = "42c028";  // while the offer travels the encoder is tried
  answer();
  ASSERT_THAT(offers(), SizeIs(2));
  EXPECT_THAT(offers()[1], HasSubstr("profile-level-id=42c028"));
  EXPECT_EQ(session->state(), SessionState::offered);
  answer();
  peer->connect();
  film(10);
  EXPECT_EQ(session->state(), SessionState::live);
  EXPECT_THAT(offers(), SizeIs(2));
  EXPECT_TRUE(seen().decodable(frame_ticks));
}

}  // namespace
}  // namespace bigfoot::robot
