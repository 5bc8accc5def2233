// Sessions that outlive their sockets and their server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/scripted_rooms.hpp"

namespace bigfoot::server {
namespace {
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Resume : public ::testing::Test {
 protected:
  Resume() { begin(rooms); }
  /// rover-7 and a page in session s1, with the tokens that they were given.
  void begin(ScriptedRooms& at) {
    at.robot("rover", "rover-7");
    at.page("page");
    const auto lines = at.says("page", R"({"type":"startSession","peerId":"rover-7","client":"x"})");
    page_token = ScriptedRooms::field(lines.at(0), "resumeToken");
    robot_token = ScriptedRooms::field(lines.at(1), "resumeToken");
  }
  static std::string resumed(const std::string& to, const std::string& other) {
    return to + R"( {"type":"sessionResumed","peerId":")" + other + R"(","sessionId":"s1"})";
  }
  static constexpr const char* candidate =
      R"({"type":"peer","sessionId":"s1","ice":{"candidate":"c","sdpMLineIndex":0}})";

  ScriptedRooms rooms;
  std::string robot_token;
  std::string page_token;
};

TEST_F(Resume, AViewerComesBackOnANewSocketAndTheRobotWasNotDisturbed) {
  EXPECT_THAT(rooms.leaves("page"), IsEmpty());
  rooms.after(20s);
  EXPECT_THAT(rooms.page("page2", page_token),
              ElementsAre(resumed("page2", "rover"), resumed("rover", "page2"), StartsWith("page2 ")));
  EXPECT_THAT(rooms.says("rover", candidate), ElementsAre(StartsWith("page2 ")));
  EXPECT_THAT(rooms.says("page2", R"({"type":"peer","sessionId":"s1","restart":true})"),
              ElementsAre(StartsWith("rover ")));
}

TEST_F(Resume, ARobotComesBackAndListenersSeeItComeAgain) {
  EXPECT_THAT(rooms.leaves("rover"), ElementsAre(AllOf(StartsWith("page "), HasSubstr(R"("roles":[])"))));
  EXPECT_THAT(rooms.robot("rover2", "rover-7", robot_token),
              ElementsAre(resumed("rover2", "page"), resumed("page", "rover2"),
                          AllOf(StartsWith("page "), HasSubstr("peerStatusChanged"))));
}

TEST_F(Resume, WhatWasSaidMeanwhileArrivesInOrder) {
  rooms.leaves("page");
  EXPECT_THAT(rooms.says("rover", candidate), IsEmpty());
  EXPECT_THAT(rooms.says("rover", R"({"type":"peer","sessionId":"s1","sdp":{"type":"offer","sdp":"v=0"}})"), IsEmpty());
  const auto lines = rooms.page("page2", page_token);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[2], AllOf(StartsWith("page2 "), HasSubstr("candidate")));
  EXPECT_THAT(lines[3], AllOf(StartsWith("page2 "), HasSubstr("offer")));
}

TEST_F(Resume, TooMuchForAnAbsentSideIsRefused) {
  rooms.leaves("page");
  for (int i = 0; i < 64; ++i) ASSERT_THAT(rooms.says("rover", candidate), IsEmpty());
  EXPECT_THAT(rooms.says("rover", candidate), ElementsAre(AllOf(StartsWith("rover "), HasSubstr("peer-away"))));
}

auto refused_as_away(const std::string& peer) {
  return ElementsAre(AllOf(StartsWith(peer + " "), HasSubstr(R"("code":"peer-away")")));
}

std::string offer_of(const std::string& session, std::size_t bytes) {
  return R"({"type":"peer","sessionId":")" + session + R"(","sdp":{"type":"answer","sdp":")" + std::string(bytes, 'x') +
         R"("}})";
}

TEST_F(Resume, WhatWaitsForAnAbsentSideIsBoundedInBytes) {
  rooms.leaves("page");
  EXPECT_THAT(rooms.says("rover", offer_of("s1", 150'000)), IsEmpty());
  EXPECT_THAT(rooms.says("rover", offer_of("s1", 150'000)), refused_as_away("rover"));
  EXPECT_THAT(rooms.says("rover", candidate), IsEmpty());
  EXPECT_THAT(rooms.page("page2", page_token), SizeIs(5));
  rooms.leaves("page2");
  EXPECT_THAT(rooms.says("rover", offer_of("s1", 150'000)), IsEmpty());  // what was fetched counts no more
}

TEST(ResumeLimits, WhatWaitsForARobotFitsIntoItsQueueHoweverManyViewersItHas) {
  RoomLimits limits;
  limits.pending.bytes_in_all = 700'000;
  ScriptedRooms rooms(limits);
  rooms.robot("rover", "rover-7");
  rooms.robot("other", "other-7");
  rooms.join("page");
  for (int i = 0; i < 5; ++i) rooms.says("page", R"({"type":"startSession","peerId":"rover-7","client":"x"})");
  rooms.says("page", R"({"type":"startSession","peerId":"other-7","client":"x"})");
  rooms.says("page", R"({"type":"startSession","peerId":"other-7","client":"x"})");
  rooms.leaves("rover");
  rooms.leaves("other");
  EXPECT_THAT(rooms.says("page", offer_of("s1", 190'000)), IsEmpty());
  EXPECT_THAT(rooms.says("page", offer_of("s2", 190'000)), IsEmpty());
  EXPECT_THAT(rooms.says("page", offer_of("s3", 190'000)), refused_as_away("page"));
  EXPECT_THAT(rooms.says("page", offer_of("s6", 190'000)), IsEmpty());                // another robot, another queue
  EXPECT_THAT(rooms.says("page", offer_of("s7", 190'000)), refused_as_away("page"));  // all there is
  rooms.says("page", R"({"type":"endSession","sessionId":"s1"})");
  EXPECT_THAT(rooms.says("page", offer_of("s3", 190'000)), IsEmpty());
}

TEST_F(Resume, AReportOfDelayAndWhatIsWatchedDoNotWaitForARobotThatIsAway) {
  rooms.leaves("rover");
  for (int i = 0; i < 65; ++i) {
    ASSERT_THAT(rooms.says("page", R"({"type":"peer","sessionId":"s1","watch":["front"]})"), IsEmpty());
    ASSERT_THAT(
        rooms.says("page",
                   R"({"type":"peer","sessionId":"s1","report":{"camera":"front","delayMs":41,"estimated":false}})"),
        IsEmpty());
  }
  EXPECT_THAT(rooms.says("page", candidate), IsEmpty());
  EXPECT_THAT(rooms.robot("rover2", "rover-7", robot_token),
              ElementsAre(resumed("rover2", "page"), resumed("page", "rover2"),
                          AllOf(StartsWith("rover2 "), HasSubstr("candidate")),
                          AllOf(StartsWith("page "), HasSubstr("peerStatusChanged"))));
}

TEST_F(Resume, TheNewSocketMayBeThereBeforeTheOldOneIsKnownDead) {
  EXPECT_THAT(rooms.page("page2", page_token), Contains(resumed("page2", "rover")));
  EXPECT_THAT(rooms.says("page", candidate), IsEmpty());  // late, from the old socket: dropped without an error
  EXPECT_THAT(rooms.leaves("page"), IsEmpty());
  EXPECT_THAT(rooms.says("rover", candidate), ElementsAre(StartsWith("page2 ")));
}

TEST_F(Resume, AReplacedRobotKeepsItsSessions) {
  EXPECT_THAT(rooms.robot("rover2", "rover-7", robot_token),
              AllOf(Contains("rover close 4002"), Contains(resumed("page", "rover2"))));
  EXPECT_EQ(rooms.rooms().sessions(), 1U);
}

TEST_F(Resume, ARobotThatComesWithoutItsTokensWasRestartedAndItsViewersAreToldAtOnce) {
  rooms.leaves("rover");
  EXPECT_THAT(rooms.robot("rover2", "rover-7"), Contains(R"(page {"type":"endSession","sessionId":"s1"})"));
}

TEST_F(Resume, BetweenPeersOfOursASessionWaitsForTheGrace) {
  rooms.leaves("page");
  EXPECT_THAT(rooms.after(15min - 1s), IsEmpty());
  EXPECT_THAT(rooms.after(1s), ElementsAre(R"(rover {"type":"endSession","sessionId":"s1"})"));
  EXPECT_EQ(rooms.rooms().sessions(), 0U);
}

TEST_F(Resume, BesideAPeerOfGStreamersItWaitsThirtySeconds) {
  rooms.join("cam");
  rooms.says("cam", R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"gst"}})");
  rooms.says("page", R"({"type":"startSession","peerId":"gst","client":"x"})");
  rooms.leaves("page");
  EXPECT_THAT(rooms.after(29s), IsEmpty());
  EXPECT_THAT(rooms.after(1s), ElementsAre(R"(cam {"type":"endSession","sessionId":"s2"})"));
}

TEST_F(Resume, ASideThatComesBackToASessionThatWasEndedIsTold) {
  rooms.leaves("rover");
  rooms.says("page", R"({"type":"endSession","sessionId":"s1"})");
  EXPECT_THAT(rooms.robot("rover2", "rover-7", robot_token),
              Contains(R"(rover2 {"type":"endSession","sessionId":"s1"})"));
  EXPECT_EQ(rooms.rooms().sessions(), 0U);
}

TEST_F(Resume, AfterAServerRestartBothSidesMeetAgain) {
  ScriptedRooms restarted;
  restarted.number_sessions_from(100);
  EXPECT_THAT(restarted.robot("r", "rover-7", robot_token), IsEmpty());
  EXPECT_THAT(restarted.page("p", page_token), ElementsAre(resumed("p", "r"), resumed("r", "p"), StartsWith("p ")));
  EXPECT_THAT(restarted.says("p", R"({"type":"peer","sessionId":"s1","restart":true})"), ElementsAre(StartsWith("r ")));
  EXPECT_EQ(restarted.rooms().viewers("rover-7"), 1U);
}

TEST_F(Resume, AfterAServerRestartInTheOtherOrderToo) {
  ScriptedRooms restarted;
  restarted.page("p", page_token);
  EXPECT_THAT(restarted.robot("r", "rover-7", robot_token),
              AllOf(Contains(resumed("p", "r")), Contains(resumed("r", "p"))));
}

TEST_F(Resume, AfterAServerRestartARobotIsNotToldToStopBecauseItsViewerIsSlow) {
  ScriptedRooms restarted;
  restarted.robot("r", "rover-7", robot_token);
  EXPECT_THAT(restarted.after(24h), IsEmpty());
  EXPECT_THAT(restarted.page("p", page_token), Contains(resumed("p", "r")));
}

TEST_F(Resume, AfterAServerRestartAViewerWhoseRobotWasRestartedTooIsTold) {
  {
    ScriptedRooms restarted;
    restarted.page("p", page_token);
    EXPECT_THAT(restarted.robot("r", "rover-7"), Contains(R"(p {"type":"endSession","sessionId":"s1"})"));
  }
  ScriptedRooms restarted;
  restarted.robot("r", "rover-7");
  EXPECT_THAT(restarted.page("p", page_token), Contains(R"(p {"type":"endSession","sessionId":"s1"})"));
}

TEST_F(Resume, ASessionLeftByBothAfterARestartIsForgotten) {
  ScriptedRooms restarted;
  restarted.robot("r", "rover-7", robot_token);
  restarted.leaves("r");
  EXPECT_EQ(restarted.rooms().sessions(), 1U);
  restarted.after(15min);
  EXPECT_EQ(restarted.rooms().sessions(), 0U);
}

TEST_F(Resume, AServerWithAnotherKeyRefuses) {
  ScriptedRooms other({}, Bytes(ResumeTokens::key_bytes, 9));
  EXPECT_THAT(other.page("p", page_token), Contains(HasSubstr("bad-token")));
}

TEST_F(Resume, ARobotsTokenIsWorthNothingToOthers) {
  EXPECT_THAT(rooms.page("thief", robot_token), Contains(HasSubstr("bad-token")));
  EXPECT_THAT(rooms.robot("thief-robot", "rover-8", robot_token), Contains(HasSubstr("bad-token")));
  EXPECT_THAT(rooms.says("page", candidate), ElementsAre(StartsWith("rover ")));
}

TEST_F(Resume, OneConnectionCannotBeBothSides) {
  EXPECT_THAT(
      rooms.says("rover", R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"rover-7"},"resume":[")" +
                              page_token + R"("]})"),
      Contains(HasSubstr("bad-token")));
  EXPECT_THAT(rooms.says("rover", candidate), ElementsAre(StartsWith("page ")));
}

TEST_F(Resume, ATokenSaidTwiceChangesNothing) {
  EXPECT_THAT(rooms.says("page", R"({"type":"setPeerStatus","roles":["listener"],"meta":null,"resume":[")" +
                                     page_token + R"("]})"),
              IsEmpty());
  EXPECT_THAT(rooms.says("rover", candidate), ElementsAre(StartsWith("page ")));
}

TEST_F(Resume, AVirtualViewerSurvivesItsRobotsNewSocket) {
  rooms.rooms().join_virtual("player");
  const auto started = rooms.says("player", R"({"type":"startSession","peerId":"rover-7","offer":"v=0","client":"x"})");
  const std::string token = ScriptedRooms::field(started.at(1), "resumeToken");
  rooms.leaves("rover");
  EXPECT_THAT(rooms.says("player", R"({"type":"peer","sessionId":"s2","fragment":{"requestId":"1","sdpfrag":"a"}})"),
              IsEmpty());
  EXPECT_THAT(rooms.robot("rover2", "rover-7", token),
              Contains(AllOf(StartsWith("rover2 "), HasSubstr(R"("requestId":"1")"))));
  EXPECT_THAT(rooms.leaves("player"), ElementsAre(R"(rover2 {"type":"endSession","sessionId":"s2"})"));
}

}  // namespace
}  // namespace bigfoot::server
