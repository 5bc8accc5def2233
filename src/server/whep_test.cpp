#include "server/whep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_loop.hpp"
#include "protocol/codec.hpp"
#include "server/testing.hpp"

namespace bigfoot::server {
namespace {
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WhepTest : public ::testing::Test {
 protected:
  WhepTest() { connect_robot(R"({"name":"rover-7","cameras":[{"name":"front"}],"bigfoot":"1"})"); }

  void connect_robot(const std::string& meta) {
    robot = std::make_shared<FakeRobot>();
    robot_events = signaling.accept(robot, "127.0.0.1:1");
    robot_says(R"({"type":"setProtocolVersion","version":"v1_1"})");
    robot_says(R"({"type":"setPeerStatus","roles":["producer"],"meta":)" + meta + "}");
  }
  void robot_says(const std::string& json) { robot_events->on_text(json); }
  void robot_answers() {
    robot_says(R"({"type":"peer","sessionId":")" + session() + R"(","sdp":{"type":"answer","sdp":"v=0 answer"}})");
  }
  void robot_ends(const std::string& error) {
    robot_says(R"({"type":"endSessionV1_1","sessionId":")" + session() + R"(","error":")" + error + R"("})");
  }
  void robot_replies(const std::string& request, const std::string& rest) {
    robot_says(R"({"type":"peer","sessionId":")" + session() + R"(","fragment":{"requestId":")" + request + R"(",)" +
               rest + "}}");
  }
  std::string session() const { return "s" + std::to_string(last_session); }

  using Call = std::shared_ptr<FakeExchange>;
  Call post(const std::string& robot_name = "rover-7", const std::string& camera = "",
            std::vector<Header> headers = {{"Content-Type", "application/sdp"}, {"User-Agent", "Player/1"}},
            const std::string& body = "v=0 offer", const std::string& method = "POST") {
    auto exchange = std::make_shared<FakeExchange>();
    whep.endpoint({.method = method, .target = "", .headers = std::move(headers), .body = body, .remote = "r"},
                  exchange, robot_name, camera);
    return exchange;
  }
  Call on_resource(const std::string& method, const std::string& id, std::vector<Header> headers = {},
                   const std::string& body = "") {
    auto exchange = std::make_shared<FakeExchange>();
    whep.resource({.method = method, .target = "", .headers = std::move(headers), .body = body, .remote = "r"},
                  exchange, id);
    return exchange;
  }
  Call patch(const std::string& id, const std::string& if_match, const std::string& body = "a=candidate:1") {
    return on_resource("PATCH", id, {{"Content-Type", "application/trickle-ice-sdpfrag"}, {"If-Match", if_match}},
                       body);
  }
  /// A session that plays.
  std::string play() {
    const Call call = post();
    robot_answers();
    EXPECT_EQ(call->status(), 201);
    etag = call->header("ETag");
    return call->header("Location").substr(std::string("/whep-sessions/").size());
  }

  FakeLoop loop;
  telemetry::Metrics metrics;
  int last_session = 0;
  std::shared_ptr<FakeRobot> robot;
  std::unique_ptr<WebSocketEvents> robot_events;  // sockets outlive what sends to them, as in the server
  Signaling signaling{loop,
                      Rooms({}, ResumeTokens(Bytes(32, 1)), [this] { return "s" + std::to_string(++last_session); }),
                      Limits{}, metrics, Log()};
  Whep whep{loop,
            signaling,
            {{ice_link({"stun:stun.example.net", "", ""}), ice_link({"stun:b", "", ""})}, 3},
            metrics,
            Log()};
  std::string etag;
};

TEST_F(WhepTest, TheRobotGetsTheOfferAndThePlayerItsAnswer) {
  const Call call = post("rover-7", "front");
  EXPECT_EQ(call->status(), 0);
  EXPECT_THAT(robot->received.back(),
              HasSubstr(R"("offer":"v=0 offer","cameras":["front"],"client":"Player/1","resumeToken":)"));
  robot_answers();
  EXPECT_EQ(call->status(), 201);
  EXPECT_EQ(call->response->body, "v=0 answer");
  EXPECT_EQ(call->header("Content-Type"), "application/sdp");
  EXPECT_THAT(call->header("Location"), StartsWith("/whep-sessions/"));
  EXPECT_THAT(call->header("ETag"), StartsWith("\""));
  EXPECT_EQ(call->header("Accept-Patch"), "application/trickle-ice-sdpfrag");
  EXPECT_EQ(call->header("Link"), "<stun:stun.example.net>; rel=\"ice-server\"");
  EXPECT_EQ(call->header("Access-Control-Allow-Origin"), "*");
  EXPECT_THAT(call->header("Access-Control-Expose-Headers"), HasSubstr("Location, ETag, Link"));
}

TEST_F(WhepTest, WhatCannotBePlayedIsRefusedWithTheReason) {
  const std::vector<Header> sdp{{"Content-Type", "application/sdp"}};
  EXPECT_EQ(post("nobody")->status(), 404);
  EXPECT_EQ(post("rover-7", "top")->status(), 404);
  EXPECT_EQ(post("rover-7", "", {{"Content-Type", "application/json"}})->status(), 415);
  EXPECT_EQ(post("rover-7", "", {})->status(), 415);
  EXPECT_EQ(post("rover-7", "", sdp, "")->status(), 400);
  const Call get = post("rover-7", "", sdp, "", "GET");
  EXPECT_EQ(get->status(), 405);
  EXPECT_EQ(get->header("Allow"), "POST, OPTIONS");
  EXPECT_EQ(post("rover-7", "", {{"content-type", "Application/SDP ; charset=x"}})->status(), 0);
}

TEST_F(WhepTest, ABodyThatIsNoSdpNeverReachesTheRobot) {
  const std::vector<Header> sdp{{"Content-Type", "application/sdp"}};
  const std::string id = play();
  const auto before = robot->received.size();
  for (const std::string& body : {std::string(60'000, '\x01'), std::string("v=0\0", 4), std::string("v=0\x1b[2J")}) {
    EXPECT_EQ(post("rover-7", "", sdp, body)->status(), 400);
    EXPECT_EQ(patch(id, etag, body.substr(0, 100))->status(), 400);
  }
  EXPECT_EQ(post("rover-7", "", sdp, std::string(64 * 1024 + 1, 'x'))->status(), 413);
  EXPECT_EQ(patch(id, etag, std::string(16 * 1024 + 1, 'x'))->status(), 413);
  EXPECT_EQ(robot->received.size(), before);
  EXPECT_EQ(post("rover-7", "", sdp, std::string(64 * 1024 - 5, 'x') + "\r\n\tx\n")->status(), 0);
  EXPECT_EQ(patch(id, etag, std::string(16 * 1024, 'x'))->status(), 0);
  EXPECT_EQ(robot->received.size(), before + 2);
}

TEST_F(WhepTest, ARobotWhoseQueueIsFilledIsAskedNothingMore) {
  const std::string id = play();
  const auto before = robot->received.size();
  robot->full = true;
  const Call offer = post();
  EXPECT_EQ(offer->status(), 503);
  EXPECT_EQ(offer->header("Retry-After"), "5");
  EXPECT_EQ(patch(id, etag)->status(), 503);
  EXPECT_EQ(robot->received.size(), before);
  robot->full = false;
  EXPECT_EQ(patch(id, etag)->status(), 0);
}

TEST_F(WhepTest, ARobotThatIsOfflineIsWorthAnotherTry) {
  robot_events->on_end(SocketEnd::closed);
  const Call call = post();
  EXPECT_EQ(call->status(), 503);
  EXPECT_EQ(call->header("Retry-After"), "5");
}

TEST_F(WhepTest, ARobotThatDoesNotAnswerInTimeEndsTheWaitAndTheSession) {
  const Call call = post();
  loop.advance(4900ms);
  EXPECT_EQ(call->status(), 0);
  loop.advance(200ms);
  EXPECT_EQ(call->status(), 504);
  EXPECT_THAT(robot->received.back(), HasSubstr("endSession"));
  EXPECT_EQ(signaling.rooms().sessions(), 0U);
  robot_answers();  // too late: nobody is there
  EXPECT_EQ(call->status(), 504);
}

struct EndRow {
  const char* error;
  int status;
};

TEST_F(WhepTest, TheRobotsReasonBecomesAStatus) {
  for (const EndRow row :
       {EndRow{"no common codec: the offer has no H.264", 406}, EndRow{"too many viewers", 503},
        EndRow{"no such camera", 404}, EndRow{"malformed offer", 400}, EndRow{"the encoder is on fire", 502}}) {
    const Call call = post();
    robot_ends(row.error);
    EXPECT_EQ(call->status(), row.status) << row.error;
    EXPECT_EQ(call->response->body, std::string(row.error) + "\n");
    EXPECT_EQ(call->header("Retry-After"), row.status == 503 ? "5" : "");
  }
  const Call call = post();
  robot_says(R"({"type":"endSession","sessionId":")" + session() + R"("})");
  EXPECT_EQ(call->status(), 503);
}

TEST_F(WhepTest, ARobotThatOffersInsteadOfAnsweringIsABadGateway) {
  const Call call = post();
  robot_says(R"({"type":"peer","sessionId":"s1","sdp":{"type":"offer","sdp":"v=0"}})");
  EXPECT_EQ(call->status(), 502);
}

TEST_F(WhepTest, APlayerThatHangsUpEndsItsSession) {
  const Call call = post();
  call->gone();
  EXPECT_THAT(robot->received.back(), HasSubstr("endSession"));
  EXPECT_EQ(whep.sessions(), 0U);
  loop.advance(10s);
  EXPECT_EQ(call->status(), 0);
}

TEST_F(WhepTest, ATrickledCandidateIsTaken) {
  const std::string id = play();
  const Call call = patch(id, etag);
  EXPECT_THAT(robot->received.back(), HasSubstr(R"("fragment":{"requestId":"1","sdpfrag":"a=candidate:1"})"));
  EXPECT_EQ(call->status(), 0);
  robot_replies("1", R"("sdpfrag":"")");
  EXPECT_EQ(call->status(), 204);
}

TEST_F(WhepTest, ARestartGivesANewGeneration) {
  const std::string id = play();
  const Call call = patch(id, "*", "a=ice-ufrag:new");
  robot_replies("1", R"("sdpfrag":"a=ice-ufrag:mine")");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->response->body, "a=ice-ufrag:mine");
  EXPECT_EQ(call->header("Content-Type"), "application/trickle-ice-sdpfrag");
  EXPECT_NE(call->header("ETag"), etag);
  EXPECT_EQ(patch(id, etag)->status(), 412);
  EXPECT_EQ(patch(id, call->header("ETag"))->status(), 0);
}

TEST_F(WhepTest, PatchesThatOverlapGetTheirOwnReplies) {
  const std::string id = play();
  const Call first = patch(id, etag);
  const Call second = patch(id, etag);
  robot_replies("2", R"("sdpfrag":"","error":"no such m-line")");
  EXPECT_EQ(first->status(), 0);
  EXPECT_EQ(second->status(), 422);
  EXPECT_EQ(second->response->body, "no such m-line\n");
  robot_replies("1", R"("sdpfrag":"")");
  EXPECT_EQ(first->status(), 204);
}

TEST_F(WhepTest, APatchWithoutItsManners) {
  const std::string id = play();
  const std::vector<Header> fragment{{"Content-Type", "application/trickle-ice-sdpfrag"}};
  EXPECT_EQ(on_resource("PATCH", id, fragment, "a")->status(), 428);
  EXPECT_EQ(on_resource("PATCH", id, {{"If-Match", etag}}, "a")->status(), 415);
  EXPECT_EQ(patch(id, "\"other\"")->status(), 412);
  EXPECT_EQ(patch(id, "nonsense")->status(), 400);
  EXPECT_EQ(patch(id, etag, "")->status(), 400);
  EXPECT_EQ(patch("no-such-session", etag)->status(), 404);
}

TEST_F(WhepTest, APatchThatNobodyAnswersEndsButNotTheSession) {
  const std::string id = play();
  const Call call = patch(id, etag);
  loop.advance(5s);
  EXPECT_EQ(call->status(), 504);
  const Call again = patch(id, etag);
  robot_replies("2", R"("sdpfrag":"")");
  EXPECT_EQ(again->status(), 204);
}

TEST_F(WhepTest, ARobotThatSpeaksGStreamersProtocolTakesNoFragments) {
  connect_robot(R"({"name":"gst"})");
  const Call call = post("gst");
  robot_answers();
  etag = call->header("ETag");
  const Call refused = patch(call->header("Location").substr(15), etag);
  EXPECT_EQ(refused->status(), 405);
  EXPECT_EQ(refused->header("Allow"), "DELETE, OPTIONS");
}

TEST_F(WhepTest, DeleteEndsTheSessionForBothSides) {
  const std::string id = play();
  EXPECT_EQ(on_resource("DELETE", id)->status(), 200);
  EXPECT_THAT(robot->received.back(), HasSubstr(R"("endSessionV1_1","sessionId":"s1")"));
  EXPECT_EQ(on_resource("DELETE", id)->status(), 404);
  EXPECT_EQ(signaling.rooms().sessions(), 0U);
}

TEST_F(WhepTest, WhenTheRobotEndsTheResourceIsGoneAndWaitingPatchesToo) {
  const std::string id = play();
  const Call waiting = patch(id, etag);
  robot_ends("consent lost");
  EXPECT_EQ(waiting->status(), 404);
  EXPECT_EQ(on_resource("DELETE", id)->status(), 404);
}

TEST_F(WhepTest, ASessionSurvivesTheRobotsNewSocket) {
  const std::string id = play();
  const std::string& start = robot->received.back();
  const auto mark = start.find("resumeToken\":\"") + 14;
  const std::string token = start.substr(mark, start.find('"', mark) - mark);
  robot_events->on_end(SocketEnd::silent);
  loop.advance(10s);
  const Call call = patch(id, etag);
  robot = std::make_shared<FakeRobot>();
  robot_events = signaling.accept(robot, "r");
  robot_says(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"rover-7","bigfoot":"1"},"resume":[")" +
             token + R"("]})");
  EXPECT_THAT(robot->received.back(), HasSubstr(R"("requestId":"1")"));
  robot_replies("1", R"("sdpfrag":"")");
  EXPECT_EQ(call->status(), 204);
}

TEST_F(WhepTest, OtherMethodsOfTheResourceAreRefused) {
  const std::string id = play();
  const Call get = on_resource("GET", id);
  EXPECT_EQ(get->status(), 405);
  EXPECT_EQ(get->header("Allow"), "PATCH, DELETE, OPTIONS");
  EXPECT_EQ(on_resource("GET", "unknown")->status(), 404);
}

TEST_F(WhepTest, BrowsersOfOtherOriginsMayAskFirst) {
  const Call endpoint = post("rover-7", "", {}, "", "OPTIONS");
  EXPECT_EQ(endpoint->status(), 204);
  EXPECT_EQ(endpoint->header("Access-Control-Allow-Methods"), "POST, OPTIONS");
  EXPECT_THAT(endpoint->header("Access-Control-Allow-Headers"), HasSubstr("If-Match"));
  EXPECT_EQ(endpoint->header("Accept-Post"), "application/sdp");
  EXPECT_EQ(on_resource("OPTIONS", "any")->header("Access-Control-Allow-Methods"), "PATCH, DELETE, OPTIONS");
}

TEST_F(WhepTest, SessionsAreLimited) {
  for (int i = 0; i < 3; ++i) play();
  const Call call = post();
  EXPECT_EQ(call->status(), 503);
  EXPECT_THAT(call->response->body, HasSubstr("too-many-sessions"));
}

TEST_F(WhepTest, WhileDrainingOffersAreRefusedAndSessionsGoOn) {
  const std::string id = play();
  whep.refuse_offers(2500ms);
  const Call call = post();
  EXPECT_EQ(call->status(), 503);
  EXPECT_EQ(call->header("Retry-After"), "3");
  EXPECT_EQ(patch(id, etag)->status(), 0);
}

TEST_F(WhepTest, RequestsAreCountedByStatus) {
  play();
  post("nobody");
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("bigfoot_whep_requests_total{status=\"201\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bigfoot_whep_requests_total{status=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bigfoot_whep_answer_seconds_count 1\n"));
}

}  // namespace
}  // namespace bigfoot::server
