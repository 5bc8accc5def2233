#include "server/camera_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_loop.hpp"
#include "server/testing.hpp"

namespace bigfoot::server {
namespace {

using testing::HasSubstr;

const std::vector<Header> local{{"Host", "127.0.0.1:8080"}, {"Content-Type", "application/json"}};

std::vector<Header> with(std::vector<Header> headers, const std::string& name, const std::string& value) {
  std::erase_if(headers, [&](const Header& header) { return header.name == name; });
  headers.push_back({name, value});
  return headers;
}

class CameraApiTest : public testing::Test {
 protected:
  CameraApiTest() { connect_robot(R"({"name":"rover-7","cameras":[{"name":"front"}],"bigfoot":"1"})"); }

  void connect_robot(const std::string& meta) {
    robot = std::make_shared<FakeRobot>();
    robot_events = signaling.accept(robot, "127.0.0.1:1");
    robot_says(R"({"type":"setPeerStatus","roles":["producer"],"meta":)" + meta + "}");
  }
  void robot_says(const std::string& json) { robot_events->on_text(json); }
  /// Of the newest configure.
  std::string request_id() const {
    const std::string& text = robot->received.back();
    const std::string mark = R"("requestId":")";
    const auto at = text.find(mark) + mark.size();
    return text.substr(at, text.find('"', at) - at);
  }
  void robot_answers(const std::string& rest) {
    robot_says(R"({"type":"configured","requestId":")" + request_id() + "\"," + rest + "}");
  }

  using Call = std::shared_ptr<FakeExchange>;
  Call patch(const std::string& body, const std::vector<Header>& headers = local, const std::string& name = "rover-7",
             const std::string& camera = "front", const std::string& method = "PATCH", Side side = Side::admin) {
    auto exchange = std::make_shared<FakeExchange>();
    api.answer({.method = method, .target = "", .headers = headers, .body = body, .remote = "127.0.0.1:40000"}, side,
               exchange, name, camera);
    return exchange;
  }

  FakeLoop loop;
  telemetry::Metrics metrics;
  std::shared_ptr<FakeRobot> robot;
  std::unique_ptr<WebSocketEvents> robot_events;  // sockets outlive what sends to them, as in the server
  Signaling signaling{loop, Rooms({}, ResumeTokens(Bytes(32, 1)), [] { return std::string("s"); }), Limits{}, metrics,
                      Log()};
  CameraApi api{loop,
                signaling,
                {ConfigureFrom::loopback, AllowedOrigins(std::vector<Origin>{{"https", "fleet.example.org"}})},
                Log()};
};

TEST_F(CameraApiTest, TheRobotGetsTheValuesAndTheClientItsWord) {
  const Call call = patch(R"({"bitrate":800000,"size":"640x360","controls":{"brightness":20,"on":true}})");
  EXPECT_EQ(call->status(), 0) << "the robot is asked";
  EXPECT_THAT(robot->received.back(), AllOf(HasSubstr(R"("type":"configure")"), HasSubstr(R"("camera":"front")"),
                                            HasSubstr(R"({"key":"bitrate","value":"800000"})"),
                                            HasSubstr(R"({"key":"size","value":"640x360"})"),
                                            HasSubstr(R"({"key":"controls.brightness","value":"20"})"),
                                            HasSubstr(R"({"key":"controls.on","value":"true"})")));
  robot_answers(R"("values":[{"key":"bitrate","value":"800k"},{"key":"controls.brightness","value":"20"}],)"
                R"("changed":["bitrate"],"notApplied":[{"key":"bitrate","why":"own rate"}])");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->response->body,
            R"({"robot":"rover-7","camera":"front","values":{"bitrate":"800k","controls":{"brightness":"20"}},)"
            R"("changed":["bitrate"],"notApplied":{"bitrate":"own rate"}})");
}

TEST_F(CameraApiTest, TheRobotsRefusalsHaveTheirStatusAndAllFaults) {
  for (const auto& [error, status] :
       {std::pair{"bad-values", 422}, {"forbidden", 403}, {"unknown-camera", 404}, {"a-new-word", 502}}) {
    const Call call = patch(R"({"size":"1x1"})");
    robot_answers(R"("error":")" + std::string(error) + R"(","faults":[{"what":"a","fix":"b"},{"what":"c"}])");
    EXPECT_EQ(call->status(), status) << error;
    EXPECT_EQ(call->response->body, R"({"faults":[{"what":"a","fix":"b"},{"what":"c","fix":""}]})");
  }
}

TEST_F(CameraApiTest, WhatCannotBeAskedIsRefusedBeforeTheRobotHearsOfIt) {
  const auto before = robot->received.size();
  EXPECT_EQ(patch("{}", local, "nobody")->status(), 404);
  EXPECT_EQ(patch("{}", local, "rover-7", "top")->status(), 404);
  EXPECT_EQ(patch("[1]")->status(), 400);
  EXPECT_EQ(patch("{")->status(), 400);
  const Call strange = patch(R"({"size":[320,180]})");
  EXPECT_EQ(strange->status(), 422);
  EXPECT_THAT(strange->response->body, HasSubstr("faults"));
  EXPECT_EQ(patch("{\"a\":\"" + std::string(16 * 1024, 'x') + "\"}")->status(), 413);
  EXPECT_EQ(patch("{}", {{"Host", "localhost"}})->status(), 415);
  const Call get = patch("", local, "rover-7", "front", "GET");
  EXPECT_EQ(get->status(), 405);
  EXPECT_EQ(get->header("Allow"), "PATCH, OPTIONS");
  robot->full = true;
  const Call busy = patch("{}");
  EXPECT_EQ(busy->status(), 503);
  EXPECT_EQ(busy->header("Retry-After"), "5");
  EXPECT_EQ(robot->received.size(), before);
}

TEST_F(CameraApiTest, ARobotThatIsAwayIs503AndOneThatStaysSilent504) {
  const Call silent = patch("{}");
  loop.advance(4s);
  EXPECT_EQ(silent->status(), 0);
  const std::string late = request_id();
  loop.advance(2s);
  EXPECT_EQ(silent->status(), 504);
  robot_says(R"({"type":"configured","requestId":")" + late + R"("})");  // nobody waits any more
  robot_events->on_end(SocketEnd::closed);
  EXPECT_EQ(patch("{}")->status(), 503);
}

TEST_F(CameraApiTest, OfARobotThatLeavesItIsKnownAtOnceThatItWillNotAnswer) {
  const Call call = patch("{}");
  robot_events->on_end(SocketEnd::closed);
  EXPECT_EQ(call->status(), 503);
  EXPECT_EQ(call->header("Retry-After"), "5");
  EXPECT_THAT(call->response->body, HasSubstr("not known"));
}

TEST_F(CameraApiTest, OnThePublicAddressNothingIsChangedWhoeverItSeemsToCome) {
  const auto before = robot->received.size();
  const Call call = patch("{}", local, "rover-7", "front", "PATCH", Side::open);
  EXPECT_EQ(call->status(), 403);
  EXPECT_THAT(call->response->body, AllOf(HasSubstr("--admin-listen"), HasSubstr("--configure-from anyone")));
  EXPECT_EQ(robot->received.size(), before);
}

TEST_F(CameraApiTest, ARobotOfGStreamersProtocolIsNotAsked) {
  connect_robot(R"({"name":"plain","cameras":[{"name":"front"}]})");
  const auto before = robot->received.size();
  EXPECT_EQ(patch("{}", local, "plain")->status(), 405);
  EXPECT_EQ(robot->received.size(), before);
}

TEST_F(CameraApiTest, OnlyTheRobotThatWasAskedAnswers) {
  const Call call = patch("{}");
  const std::string id = request_id();
  const auto other = std::make_shared<FakeRobot>();
  const auto other_events = signaling.accept(other, "127.0.0.1:2");
  other_events->on_text(R"({"type":"configured","requestId":")" + id + R"("})");
  EXPECT_EQ(call->status(), 0);
  robot_says(R"({"type":"configured","requestId":")" + id + R"("})");
  EXPECT_EQ(call->status(), 200);
}

TEST_F(CameraApiTest, NotMoreThanSomeWaitAtOnceAndAClientThatHangsUpFreesItsPlace) {
  std::vector<Call> calls;
  for (int i = 0; i < 32; ++i) calls.push_back(patch("{}"));
  EXPECT_EQ(patch("{}")->status(), 429);
  calls.front()->gone();
  loop.advance(1ms);
  EXPECT_EQ(patch("{}")->status(), 0);
}

TEST_F(CameraApiTest, AChangeWhoseClientHangsUpLeavesItsLineInTheLog) {
  testing::internal::CaptureStderr();
  {
    CameraApi logged{loop,
                     signaling,
                     {ConfigureFrom::loopback, AllowedOrigins(std::vector<Origin>{})},
                     Log(std::make_shared<LogWriter>(LogWriter::Options{}))};
    const auto exchange = std::make_shared<FakeExchange>();
    logged.answer({.method = "PATCH", .target = "", .headers = local, .body = "{}", .remote = "127.0.0.1:40000"},
                  Side::admin, exchange, "rover-7", "front");
    exchange->gone();
    loop.advance(1ms);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("camera.patched"), HasSubstr("camera=front"), HasSubstr("status=0")));
}

TEST_F(CameraApiTest, PagesOfAllowedOriginsMayAskAndNoOthers) {
  const auto preflight = [&](const std::string& origin) {
    return patch("", with(local, "Origin", origin), "rover-7", "front", "OPTIONS");
  };
  EXPECT_EQ(preflight("https://fleet.example.org")->header("Access-Control-Allow-Origin"), "https://fleet.example.org");
  EXPECT_EQ(preflight("https://fleet.example.org")->header("Access-Control-Allow-Methods"), "PATCH, OPTIONS");
  EXPECT_EQ(preflight("http://127.0.0.1:8080")->header("Access-Control-Allow-Origin"), "http://127.0.0.1:8080");
  EXPECT_EQ(preflight("https://evil.example")->header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(patch("{}", with(local, "Origin", "https://evil.example"))->status(), 403);
  const Call page = patch("{}", with(local, "Origin", "https://fleet.example.org"));
  robot_answers(R"("changed":[])");
  EXPECT_EQ(page->status(), 200);
  EXPECT_EQ(page->header("Access-Control-Allow-Origin"), "https://fleet.example.org");
}

TEST(ConfigureRefusal, ByLoopbackOnlyAPersonAtTheMachineItselfWhoAsksTheAdminAddress) {
  const AllowedOrigins own;
  const auto may = [&](const std::string& remote, const std::string& host, std::vector<Header> more = {},
                       ConfigureFrom from = ConfigureFrom::loopback, Side side = Side::admin) {
    more.push_back({"Host", host});
    return !configure_refusal({.method = "PATCH", .target = "", .headers = more, .remote = remote}, side, from, own);
  };
  EXPECT_TRUE(may("127.0.0.1:5", "127.0.0.1:8080"));
  EXPECT_TRUE(may("127.0.0.1:5", "localhost"));
  EXPECT_TRUE(may("[::1]:5", "[::1]:8080"));
  EXPECT_FALSE(may("192.0.2.1:5", "127.0.0.1:8080"));
  EXPECT_FALSE(may("127.0.0.1:5", "fleet.example.org")) << "a proxy that hands on Host, or a name that was bent here";
  EXPECT_FALSE(may("127.0.0.1:5", "127.evil.example:8080"));
  EXPECT_FALSE(may("127.0.0.1:5", ""));
  EXPECT_FALSE(may("127.0.0.1:5", "127.0.0.1:8080", {{"X-Forwarded-For", "192.0.2.1"}}));
  EXPECT_FALSE(may("127.0.0.1:5", "127.0.0.1:8080", {{"forwarded", "for=192.0.2.1"}}));
  EXPECT_FALSE(may("127.0.0.1:5", "localhost:8080", {{"Origin", "https://evil.example"}}));
  EXPECT_TRUE(may("127.0.0.1:5", "localhost:8080", {{"Origin", "http://localhost:8080"}}));
  EXPECT_FALSE(may("127.0.0.1:5", "127.0.0.1:8080", {}, ConfigureFrom::nobody));
  for (const std::string host : {"127.0.0.1:8080", "localhost"})  // as nginx asks, and what a forwarder of TCP hands on
    EXPECT_FALSE(may("127.0.0.1:5", host, {}, ConfigureFrom::loopback, Side::open)) << host;
  EXPECT_FALSE(may("127.0.0.1:5", "127.0.0.1:8080", {}, ConfigureFrom::nobody, Side::open));
  EXPECT_TRUE(may("192.0.2.1:5", "fleet.example.org", {}, ConfigureFrom::anyone));
  EXPECT_TRUE(may("192.0.2.1:5", "fleet.example.org", {}, ConfigureFrom::anyone, Side::open));
  EXPECT_FALSE(may("192.0.2.1:5", "fleet.example.org", {{"Origin", "https://evil.example"}}, ConfigureFrom::anyone));
}

}  // namespace
}  // namespace bigfoot::server
