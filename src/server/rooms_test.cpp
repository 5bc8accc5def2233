#include "server/rooms.hpp"

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
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* gst_producer = R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"gst-stream"}})";
constexpr const char* gst_listener = R"({"type":"setPeerStatus","roles":["listener"],"meta":null})";

std::string producer_named(const std::string& name) {
  return R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":")" + name + R"("}})";
}

auto error_with(const std::string& peer, const std::string& code) {
  return AllOf(StartsWith(peer + " "), HasSubstr(R"("type":"error")"), HasSubstr("\"code\":\"" + code + "\""));
}

// --- peers that know only GStreamer's protocol ---------------------------------------------------------------------

TEST(RoomsForGStreamer, AConsumerSeesAProducerComeTalksToItAndSeesItGo) {
  ScriptedRooms rooms;
  EXPECT_THAT(
      rooms.join("cam"),
      ElementsAre(
          R"(cam {"type":"welcome","peerId":"cam","features":["resume","restart","fragment","report","watch"]})"));
  rooms.join("eye");
  EXPECT_THAT(rooms.says("eye", gst_listener),
              ElementsAre(R"(eye {"type":"peerStatusChanged","roles":["listener"],"meta":null,"peerId":"eye"})"));
  EXPECT_THAT(
      rooms.says("cam", gst_producer),
      ElementsAre(
          R"(eye {"type":"peerStatusChanged","roles":["producer"],"meta":{"name":"gst-stream"},"peerId":"cam"})"));
  EXPECT_THAT(rooms.says("eye", R"({"type":"list"})"),
              ElementsAre(R"(eye {"type":"list","producers":[{"id":"cam","meta":{"name":"gst-stream"}}]})"));
  EXPECT_THAT(rooms.says("eye", R"({"type":"startSession","peerId":"cam"})"),
              ElementsAre(R"(eye {"type":"sessionStarted","peerId":"cam","sessionId":"s1"})",
                          R"(cam {"type":"startSession","peerId":"eye","sessionId":"s1","offer":null})"));
  EXPECT_THAT(rooms.says("cam", R"({"type":"peer","sessionId":"s1","sdp":{"type":"offer","sdp":"v=0"}})"),
              ElementsAre(R"(eye {"type":"peer","sessionId":"s1","sdp":{"type":"offer","sdp":"v=0"}})"));
  EXPECT_THAT(rooms.says("eye", R"({"type":"peer","sessionId":"s1","sdp":{"type":"answer","sdp":"v=0"}})"),
              ElementsAre(R"(cam {"type":"peer","sessionId":"s1","sdp":{"type":"answer","sdp":"v=0"}})"));
  EXPECT_THAT(
      rooms.says("eye", R"({"type":"peer","sessionId":"s1","ice":{"candidate":"candidate:1","sdpMLineIndex":0}})"),
      ElementsAre(R"(cam {"type":"peer","sessionId":"s1","ice":{"candidate":"candidate:1","sdpMLineIndex":0}})"));
  EXPECT_THAT(rooms.says("eye", R"({"type":"endSession","sessionId":"s1"})"),
              ElementsAre(R"(cam {"type":"endSession","sessionId":"s1"})"));
  EXPECT_THAT(
      rooms.leaves("cam"),
      ElementsAre(R"(eye {"type":"peerStatusChanged","roles":[],"meta":{"name":"gst-stream"},"peerId":"cam"})"));
}

TEST(RoomsForGStreamer, AConsumerMayOffer) {
  ScriptedRooms rooms;
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  rooms.join("eye");
  EXPECT_THAT(rooms.says("eye", R"({"type":"startSession","peerId":"cam","offer":"v=0"})"),
              ElementsAre(R"(eye {"type":"sessionStarted","peerId":"cam","sessionId":"s1"})",
                          R"(cam {"type":"startSession","peerId":"eye","sessionId":"s1","offer":"v=0"})"));
}

TEST(RoomsForGStreamer, AProducerCallsAPassiveConsumer) {
  ScriptedRooms rooms;
  rooms.join("wall");
  rooms.says("wall", R"({"type":"setPeerStatus","roles":["consumer"],"meta":{"name":"wall"}})");
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  EXPECT_THAT(rooms.says("cam", R"({"type":"listConsumers"})"),
              ElementsAre(R"(cam {"type":"listConsumers","consumers":[{"id":"wall","meta":{"name":"wall"}}]})"));
  EXPECT_THAT(rooms.says("cam", R"({"type":"startSession","peerId":"wall"})"),
              ElementsAre(R"(wall {"type":"sessionStarted","peerId":"cam","sessionId":"s1"})",
                          R"(cam {"type":"startSession","peerId":"wall","sessionId":"s1","offer":null})"));
}

TEST(RoomsForGStreamer, SessionsEndAtOnceWhenASocketDies) {
  for (const std::string gone : {"cam", "eye"}) {
    ScriptedRooms rooms;
    rooms.join("cam");
    rooms.says("cam", gst_producer);
    rooms.join("eye");
    rooms.says("eye", R"({"type":"startSession","peerId":"cam"})");
    EXPECT_THAT(rooms.leaves(gone), ElementsAre((gone == "cam" ? "eye" : "cam") +
                                                std::string(R"( {"type":"endSession","sessionId":"s1"})")));
    EXPECT_EQ(rooms.rooms().sessions(), 0U);
  }
}

TEST(RoomsForGStreamer, LateMessagesAboutAnEndedSessionAreNoError) {
  ScriptedRooms rooms;
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  rooms.join("eye");
  rooms.says("eye", R"({"type":"startSession","peerId":"cam"})");
  rooms.says("eye", R"({"type":"endSession","sessionId":"s1"})");
  EXPECT_THAT(rooms.says("cam", R"({"type":"peer","sessionId":"s1","ice":{"candidate":"c","sdpMLineIndex":0}})"),
              IsEmpty());
  EXPECT_THAT(rooms.says("cam", R"({"type":"endSession","sessionId":"s1"})"), IsEmpty());
}

TEST(RoomsForGStreamer, TheReasonOfAnEndReachesOnlyPeersOfVersion1_1) {
  ScriptedRooms rooms;
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  rooms.join("old");
  rooms.join("new");
  EXPECT_THAT(rooms.says("new", R"({"type":"setProtocolVersion","version":"v1_1"})"), IsEmpty());
  rooms.says("old", R"({"type":"startSession","peerId":"cam"})");
  rooms.says("new", R"({"type":"startSession","peerId":"cam"})");
  EXPECT_THAT(rooms.says("cam", R"({"type":"endSessionV1_1","sessionId":"s1","error":"no camera"})"),
              ElementsAre(R"(old {"type":"endSession","sessionId":"s1"})"));
  EXPECT_THAT(rooms.says("cam", R"({"type":"endSessionV1_1","sessionId":"s2","error":"no camera"})"),
              ElementsAre(R"(new {"type":"endSessionV1_1","sessionId":"s2","error":"no camera"})"));
}

TEST(RoomsForGStreamer, AProducerThatStopsProducingEndsItsSessions) {
  ScriptedRooms rooms;
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  rooms.join("eye");
  rooms.says("eye", R"({"type":"startSession","peerId":"cam"})");
  EXPECT_THAT(rooms.says("cam", gst_listener),
              ElementsAre(R"(eye {"type":"endSession","sessionId":"s1"})",
                          R"(cam {"type":"peerStatusChanged","roles":["listener"],"meta":null,"peerId":"cam"})"));
  EXPECT_FALSE(rooms.rooms().fleet().find("gst-stream")->online);
}

TEST(RoomsForGStreamer, AnUnchangedStatusIsNotTold) {
  ScriptedRooms rooms;
  rooms.join("eye");
  rooms.says("eye", gst_listener);
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  EXPECT_THAT(rooms.says("cam", gst_producer), IsEmpty());
  rooms.says("cam", R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":"gst-stream"}})");
  for (const char* same : {R"(["listener","producer"])", R"(["producer","listener","producer"])"})
    EXPECT_THAT(rooms.says("cam", R"({"type":"setPeerStatus","roles":)" + std::string(same) +
                                      R"(,"meta":{"name":"gst-stream"}})"),
                IsEmpty());
}

TEST(RoomsForGStreamer, OtherViewersComingAndGoingIsNobodysBusiness) {
  ScriptedRooms rooms;
  rooms.join("eye");
  rooms.says("eye", gst_listener);
  rooms.join("other");
  EXPECT_THAT(rooms.says("other", gst_listener), ElementsAre(StartsWith("other ")));
  EXPECT_THAT(rooms.leaves("other"), IsEmpty());
}

// --- refusals ------------------------------------------------------------------------------------------------------

struct Refusal {
  const char* what;
  const char* peer;
  const char* json;
  const char* code;
};

/// cam (GStreamer) and eye are in session s1; thief is a stranger; rover is a robot of ours with cameras front and
/// rear.
class RoomsRefuse : public ::testing::TestWithParam<Refusal> {};

TEST_P(RoomsRefuse, WithACodeAndNobodyElseHears) {
  ScriptedRooms rooms;
  rooms.join("cam");
  rooms.says("cam", gst_producer);
  rooms.robot("rover", "rover-7");
  rooms.join("eye");
  rooms.says("eye", R"({"type":"startSession","peerId":"cam"})");
  rooms.join("thief");
  EXPECT_THAT(rooms.says(GetParam().peer, GetParam().json), ElementsAre(error_with(GetParam().peer, GetParam().code)))
      << GetParam().what;
  EXPECT_EQ(rooms.rooms().sessions(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RoomsRefuse,
    ::testing::Values(
        Refusal{"a session of others", "thief",
                R"({"type":"peer","sessionId":"s1","ice":{"candidate":"c","sdpMLineIndex":0}})", "no-session"},
        Refusal{"the end of a session of others", "thief", R"({"type":"endSession","sessionId":"s1"})", "no-session"},
        Refusal{"a session that never was", "eye",
                R"({"type":"peer","sessionId":"s9","sdp":{"type":"answer","sdp":"v=0"}})", "no-session"},
        Refusal{"the end of one that never was", "eye", R"({"type":"endSession","sessionId":"s9"})", "no-session"},
        Refusal{"an offer of the consumer", "eye",
                R"({"type":"peer","sessionId":"s1","sdp":{"type":"offer","sdp":"v=0"}})", "not-producer"},
        Refusal{"a restart asked by the producer", "cam", R"({"type":"peer","sessionId":"s1","restart":true})",
                "not-consumer"},
        Refusal{"a restart of a robot that does not know it", "eye",
                R"({"type":"peer","sessionId":"s1","restart":true})", "unsupported"},
        Refusal{"a fragment for such a robot", "eye",
                R"({"type":"peer","sessionId":"s1","fragment":{"requestId":"1","sdpfrag":"a"}})", "unsupported"},
        Refusal{"a report of the producer", "cam",
                R"({"type":"peer","sessionId":"s1","report":{"camera":"a","delayMs":1,"estimated":false}})",
                "not-consumer"},
        Refusal{"a report to such a robot", "eye",
                R"({"type":"peer","sessionId":"s1","report":{"camera":"a","delayMs":1,"estimated":false}})",
                "unsupported"},
        Refusal{"what the producer watches", "cam", R"({"type":"peer","sessionId":"s1","watch":["a"]})",
                "not-consumer"},
        Refusal{"what is watched of such a robot", "eye", R"({"type":"peer","sessionId":"s1","watch":["a"]})",
                "unsupported"},
        Refusal{"nobody of that name", "thief", R"({"type":"startSession","peerId":"nobody"})", "no-peer"},
        Refusal{"somebody who is neither", "thief", R"({"type":"startSession","peerId":"eye"})", "no-peer"},
        Refusal{"itself", "cam", R"({"type":"startSession","peerId":"cam"})", "no-peer"},
        Refusal{"a camera that is not there", "thief",
                R"({"type":"startSession","peerId":"rover-7","cameras":["front","top"]})", "no-camera"},
        Refusal{"a version after the first message", "eye", R"({"type":"setProtocolVersion","version":"v1_1"})",
                "late-version"},
        Refusal{"two roles that exclude each other", "thief",
                R"({"type":"setPeerStatus","roles":["producer","consumer"],"meta":null})", "bad-roles"},
        Refusal{"a token of nobody", "thief",
                R"({"type":"setPeerStatus","roles":[],"meta":null,"resume":["forged.token"]})", "bad-token"}));

TEST(RoomsLimits, SessionsOfAConsumerAndOfAProducer) {
  RoomLimits limits;
  limits.sessions_per_consumer = 2;
  limits.sessions_per_producer = 3;
  ScriptedRooms rooms(limits);
  rooms.robot("rover", "rover-7");
  const std::string ask = R"({"type":"startSession","peerId":"rover-7"})";
  rooms.join("a");
  rooms.join("b");
  rooms.says("a", ask);
  rooms.says("a", ask);
  EXPECT_THAT(rooms.says("a", ask), ElementsAre(error_with("a", "too-many-sessions")));
  rooms.says("b", ask);
  EXPECT_THAT(rooms.says("b", ask), ElementsAre(error_with("b", "too-many-sessions")));
  rooms.says("a", R"({"type":"endSession","sessionId":"s1"})");
  EXPECT_THAT(rooms.says("b", ask), ElementsAre(StartsWith("b "), StartsWith("rover ")));
}

TEST(RoomsLimits, AListStaysReadableHoweverLargeTheMetasAre) {
  RoomLimits limits;
  limits.list_full_bytes = 16'500;
  limits.list_bytes = 16'900;
  ScriptedRooms rooms(limits);
  for (const char peer : std::string("abcdefghijklmnopqrstuvwxyz")) {
    const std::string id(1, peer);
    rooms.join(id);
    rooms.says(id, R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"robot-)" + id + R"(","x":")" +
                       std::string(8000, 'x') + R"("}})");
  }
  const std::string list = rooms.says("a", R"({"type":"list"})").at(0);
  EXPECT_LE(list.size(), 16'950U);
  EXPECT_THAT(list, HasSubstr(R"("name":"robot-b","x":"xxx)"));
  EXPECT_THAT(list, HasSubstr(R"({"id":"c","meta":{"name":"robot-c"}})"));
  EXPECT_THAT(list, Not(HasSubstr("robot-z")));
}

TEST(RoomsLimits, AListOfEveryPlaceTakenWithTheLargestMetasNamesAll) {
  ScriptedRooms rooms;
  for (int i = 0; i < 4096; ++i) {
    const std::string id = "robot-" + std::to_string(10'000 + i);
    rooms.join(id);
    rooms.says(id, R"({"type":"setPeerStatus","roles":["producer"],"meta":")" + std::string(8000, 'x') + R"("})");
  }
  const std::string line = rooms.says("robot-10000", R"({"type":"list"})").at(0);
  const auto list = protocol::decode_from_server(std::string_view(line).substr(line.find(' ') + 1));
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_EQ(std::get<protocol::Producers>(*list).peers.size(), 4096U);
}

// --- ours ----------------------------------------------------------------------------------------------------------

TEST(Rooms, ARobotIsCalledByNameAndToldWhatTheViewerWants) {
  ScriptedRooms rooms;
  rooms.robot("rover", "rover-7");
  rooms.page("page");
  const auto lines = rooms.says(
      "page", R"({"type":"startSession","peerId":"rover-7","cameras":["rear"],"client":"Firefox","channels":true})");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], AllOf(StartsWith("page "),
                              HasSubstr(R"("sessionStarted","peerId":"rover","sessionId":"s1","resumeToken":)")));
  EXPECT_THAT(lines[1],
              AllOf(StartsWith("rover "), HasSubstr(R"("cameras":["rear"],"client":"Firefox","channels":true)"),
                    HasSubstr(R"("resumeToken":)")));
}

TEST(Rooms, RestartFragmentReportAndWatchPassBetweenPeersOfOurs) {
  ScriptedRooms rooms;
  rooms.robot("rover", "rover-7");
  rooms.page("page");
  rooms.says("page", R"({"type":"startSession","peerId":"rover-7","client":"x"})");
  EXPECT_THAT(rooms.says("page", R"({"type":"peer","sessionId":"s1","restart":true})"),
              ElementsAre(R"(rover {"type":"peer","sessionId":"s1","restart":true})"));
  EXPECT_THAT(rooms.says("rover", R"({"type":"peer","sessionId":"s1","fragment":{"requestId":"4","sdpfrag":""}})"),
              ElementsAre(R"(page {"type":"peer","sessionId":"s1","fragment":{"requestId":"4","sdpfrag":""}})"));
  const std::string report =
      R"({"type":"peer","sessionId":"s1","report":{"camera":"front","delayMs":41.5,"estimated":false}})";
  EXPECT_THAT(rooms.says("page", report), ElementsAre("counted rover-7 front", "rover " + report));
  const std::string with_error =
      R"({"type":"peer","sessionId":"s1","report":{"camera":"front","delayMs":41.5,"estimated":false,"errorMs":2.5}})";
  EXPECT_THAT(rooms.says("page", with_error), ElementsAre("rover " + with_error)) << "too soon to count";
  for (const std::string cameras : {R"(["front","rear"])", "[]"}) {
    const std::string watch = R"({"type":"peer","sessionId":"s1","watch":)" + cameras + "}";
    EXPECT_THAT(rooms.says("page", watch), ElementsAre("rover " + watch));
  }
}

TEST(Rooms, OfAViewersReportsOneASecondOfEachCameraOfTheRobotCounts) {
  ScriptedRooms rooms;
  rooms.robot("rover", "rover-7");
  rooms.page("page");
  rooms.says("page", R"({"type":"startSession","peerId":"rover-7","client":"x"})");
  const auto counted = [&rooms](const std::string& camera) {
    const auto lines = rooms.says("page", R"({"type":"peer","sessionId":"s1","report":{"camera":")" + camera +
                                              R"(","delayMs":41,"estimated":true}})");
    EXPECT_THAT(lines, Contains(StartsWith("rover ")));
    return lines.front() == "counted rover-7 " + camera;
  };
  EXPECT_TRUE(counted("front"));
  EXPECT_TRUE(counted("rear"));
  EXPECT_FALSE(counted("cellar")) << "the robot has none of that name";
  rooms.after(900ms);
  EXPECT_FALSE(counted("front"));
  rooms.after(100ms);
  EXPECT_TRUE(counted("front"));
}

/// The page goes by names: a robot that restarts must not look offline, so its new connection is told of first, and the
/// end of the old one names no robot.
TEST(Rooms, ARobotThatRegistersAgainReplacesItsOldSocketAndIsNeverOffline) {
  ScriptedRooms rooms;
  rooms.page("page");
  rooms.robot("old", "rover-7");
  const auto lines = rooms.robot("new", "rover-7");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "old close 4002");
  EXPECT_THAT(lines[1],
              AllOf(StartsWith("page "), HasSubstr(R"("roles":["producer"])"), HasSubstr(R"("peerId":"new")")));
  EXPECT_EQ(lines[2], R"(page {"type":"peerStatusChanged","roles":[],"meta":null,"peerId":"old"})");
  EXPECT_THAT(rooms.leaves("old"), IsEmpty());  // its socket ends a moment later
  EXPECT_EQ(rooms.rooms().fleet().find("rover-7")->peer_id, "new");
  EXPECT_TRUE(rooms.rooms().fleet().find("rover-7")->online);
}

TEST(Rooms, ARobotThatRenamesItselfIsOneRobotWhateverItDoesBetween) {
  ScriptedRooms rooms;
  rooms.robot("other", "other");
  rooms.leaves("other");
  rooms.robot("r", "name");
  for (int i = 1; i <= 100; ++i) {
    rooms.after(2s);  // within its rate
    if (i % 2) rooms.says("r", gst_listener);
    EXPECT_THAT(rooms.says("r", producer_named("name-" + std::to_string(i))),
                Not(Contains(HasSubstr("too-many-changes"))));
  }
  const auto& robots = rooms.rooms().fleet().robots();
  EXPECT_EQ(robots.size(), 2U);
  EXPECT_TRUE(robots.at("name-100").online);
  EXPECT_FALSE(robots.at("other").online);
}

TEST(Rooms, ARenamedRobotKeepsItsViewers) {
  ScriptedRooms rooms;
  rooms.robot("r", "old-name");
  rooms.page("page");
  rooms.says("page", R"({"type":"startSession","peerId":"old-name","client":"x"})");
  rooms.says("r", producer_named("new-name"));
  EXPECT_EQ(rooms.rooms().viewers("new-name"), 1U);
  EXPECT_EQ(rooms.rooms().viewers("old-name"), 0U);
  rooms.leaves("r");
  EXPECT_EQ(rooms.rooms().viewers("new-name"), 1U);
  // Without a token for the session its viewer hears of its end, under the new name too.
  EXPECT_THAT(rooms.robot("again", "new-name"), Contains(R"(page {"type":"endSession","sessionId":"s1"})"));
  EXPECT_EQ(rooms.rooms().viewers("new-name"), 0U);
}

TEST(RoomsLimits, ChangesOfRolesAndNamesButNotOfTheRestOfMeta) {
  ScriptedRooms rooms;
  rooms.join("r");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(rooms.says("r", producer_named("r" + std::to_string(i))), IsEmpty());
  EXPECT_THAT(rooms.says("r", producer_named("one-more")), ElementsAre(error_with("r", "too-many-changes")));
  EXPECT_THAT(rooms.says("r", gst_listener), ElementsAre(error_with("r", "too-many-changes")));
  EXPECT_TRUE(rooms.rooms().fleet().find("r19")->online);
  for (int i = 0; i < 100; ++i)
    EXPECT_THAT(rooms.says("r", R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"r19","battery":)" +
                                    std::to_string(i) + "}}"),
                IsEmpty());
  rooms.after(1s);
  EXPECT_THAT(rooms.says("r", producer_named("one-more")), IsEmpty());
  EXPECT_TRUE(rooms.rooms().fleet().find("one-more")->online);
}

TEST(Rooms, ANameThatNoAddressCanCarryIsNotUsed) {
  ScriptedRooms rooms;
  rooms.join("p1");
  rooms.says("p1", producer_named("../r/other"));
  EXPECT_TRUE(rooms.rooms().fleet().find("p1")->online);
  EXPECT_EQ(rooms.rooms().fleet().robots().size(), 1U);
}

TEST(Rooms, ACameraThatNoAddressCanCarryIsNotListed) {
  ScriptedRooms rooms;
  rooms.join("r");
  rooms.says("r", R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"r","cameras":)"
                  R"([{"name":"front"},{"name":"a/b"},{"name":".."},{"name":""},{"name":"rear"}]}})");
  EXPECT_THAT(rooms.rooms().fleet().find("r")->cameras, ElementsAre("front", "rear"));
}

TEST(Rooms, AReasonNeverEndsWithHalfALetter) {
  Rooms rooms({}, ResumeTokens(Bytes(32, 1)), [] { return std::string("s1"); });
  const auto status = protocol::decode_from_peer(producer_named(std::string(63, 'x') + "ü"));
  rooms.join("old");
  rooms.receive("old", *status, {});
  rooms.join("new");
  const Actions actions = rooms.receive("new", *status, {});
  EXPECT_EQ(std::get<Close>(actions.at(0)).reason, "another connection registered as " + std::string(63, 'x'));
}

TEST(Rooms, AProducerWithoutANameGoesByItsPeerId) {
  ScriptedRooms rooms;
  rooms.join("abc");
  rooms.says("abc", R"({"type":"setPeerStatus","roles":["producer"],"meta":null})");
  EXPECT_TRUE(rooms.rooms().fleet().find("abc")->online);
}

TEST(Rooms, CountsPeersByRoleAndViewersByRobot) {
  ScriptedRooms rooms;
  rooms.robot("rover", "rover-7");
  rooms.page("page");
  rooms.join("quiet");
  rooms.says("page", R"({"type":"startSession","peerId":"rover-7","client":"x"})");
  rooms.says("quiet", R"({"type":"startSession","peerId":"rover-7"})");
  EXPECT_EQ(rooms.rooms().viewers("rover-7"), 2U);
  EXPECT_EQ(rooms.rooms().viewers("nobody"), 0U);
  EXPECT_THAT(rooms.rooms().peers_by_role(), ElementsAre(std::pair("consumer", 0U), std::pair("listener", 1U),
                                                         std::pair("none", 1U), std::pair("producer", 1U)));
  rooms.robot("rover2", "rover-8");
  rooms.says("rover2", R"({"type":"startSession","peerId":"rover-7"})");  // a robot that watches another
  EXPECT_EQ(rooms.rooms().viewers("rover-7"), 3U);
  EXPECT_EQ(rooms.rooms().viewers("rover-8"), 0U);
  rooms.leaves("rover");
  EXPECT_EQ(rooms.rooms().viewers("rover-7"), 3U);  // they await it
  rooms.says("quiet", R"({"type":"endSession","sessionId":"s2"})");
  EXPECT_EQ(rooms.rooms().viewers("rover-7"), 2U);
  rooms.leaves("page");
  rooms.leaves("rover2");
  rooms.after(16min);
  EXPECT_EQ(rooms.rooms().viewers("rover-7"), 0U);
}

TEST(Rooms, MessagesOfAPeerThatIsGoneDoNothing) {
  ScriptedRooms rooms;
  rooms.join("a");
  rooms.leaves("a");
  EXPECT_THAT(rooms.says("a", R"({"type":"list"})"), IsEmpty());
  EXPECT_THAT(rooms.leaves("a"), IsEmpty());
}

}  // namespace
}  // namespace bigfoot::server
