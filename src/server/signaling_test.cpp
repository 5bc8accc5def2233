#include "server/signaling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/fake_loop.hpp"
#include "server/drain.hpp"

namespace bigfoot::server {
namespace {
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// What the other end of a WebSocket sees.
struct FakeSocket final : WebSocket {
  void send(std::string text) override { received.push_back(std::move(text)); }
  void close(std::uint16_t code, std::string reason) override { closed = std::to_string(code) + " " + reason; }
  bool busy() const override { return full; }
  std::vector<std::string> received;
  std::string closed;
  bool full = false;
};

class SignalingTest : public ::testing::Test {
 protected:
  struct Client {
    std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
    std::unique_ptr<WebSocketEvents> events;
    void says(std::string_view text) const { events->on_text(text); }
  };
  Client connect() {
    Client client;
    client.events = signaling.accept(client.socket, "127.0.0.1:1");
    return client;
  }
  double errors(const std::string& code) {
    return metrics.counter("bigfoot_signaling_errors_total", "Refused messages and cut connections by code")
        .with({{"code", code}})
        .value();
  }

  FakeLoop loop;
  telemetry::Metrics metrics;
  Limits limits;
  Signaling signaling{loop, Rooms({}, ResumeTokens(Bytes(32, 1)), [] { return std::string("s1"); }), limits, metrics,
                      Log()};
};

TEST_F(SignalingTest, AJoiningPeerIsWelcomedWithItsId) {
  const Client client = connect();
  ASSERT_THAT(client.socket->received, SizeIs(1));
  EXPECT_THAT(client.socket->received[0], HasSubstr(R"({"type":"welcome","peerId":")" + signaling.sockets().at(0)));
}

TEST_F(SignalingTest, WhatIsNoMessageIsRefusedByNameAndCounted) {
  const Client client = connect();
  client.says("{");
  client.says(R"({"type":"dance"})");
  EXPECT_THAT(client.socket->received, Contains(HasSubstr(R"("code":"bad-json")")));
  EXPECT_THAT(client.socket->received, Contains(HasSubstr(R"("code":"unknown-type")")));
  EXPECT_EQ(errors("bad-json"), 1);
  EXPECT_EQ(client.socket->closed, "");
}

TEST_F(SignalingTest, TwentyErrorsInARowEndAConnectionAndOneGoodMessageStartsAnew) {
  const Client client = connect();
  for (int i = 0; i < 19; ++i) client.says("x");
  client.says(R"({"type":"list"})");
  for (int i = 0; i < 19; ++i) client.says("x");
  EXPECT_EQ(client.socket->closed, "");
  client.says("x");
  EXPECT_THAT(client.socket->closed, HasSubstr("4003 "));
}

TEST_F(SignalingTest, AFloodIsRefusedBeforeItIsRead) {
  const Client client = connect();
  for (int i = 0; i < limits.message_burst; ++i) client.says(R"({"type":"list"})");
  EXPECT_EQ(errors("rate"), 0);
  client.says(R"({"type":"list"})");
  EXPECT_EQ(errors("rate"), 1);
  loop.advance(1s);
  const auto before = client.socket->received.size();
  for (int i = 0; i < limits.message_rate; ++i) client.says(R"({"type":"list"})");
  EXPECT_EQ(errors("rate"), 1);
  EXPECT_EQ(client.socket->received.size(), before + static_cast<std::size_t>(limits.message_rate));
}

TEST_F(SignalingTest, AReaderWhoseQueueIsFilledIsNotCutForWhatOthersSend) {
  const Client robot = connect();
  robot.says(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"r"}})");
  const Client viewer = connect();
  viewer.says(R"({"type":"startSession","peerId":"r"})");
  robot.socket->full = true;
  const auto before = robot.socket->received.size();
  const std::string candidate = R"({"type":"peer","sessionId":"s1","ice":{"candidate":"c","sdpMLineIndex":0}})";
  for (int i = 0; i < 30; ++i) viewer.says(candidate);
  viewer.says(R"({"type":"startSession","peerId":"r"})");
  EXPECT_EQ(robot.socket->received.size(), before);
  EXPECT_EQ(errors("peer-busy"), 31);
  EXPECT_THAT(viewer.socket->received.back(), HasSubstr(R"("code":"peer-busy")"));
  EXPECT_EQ(robot.socket->closed + viewer.socket->closed, "");  // nor is the sender cut for it
  robot.socket->full = false;
  viewer.says(candidate);
  EXPECT_EQ(robot.socket->received.back(), candidate);
}

TEST_F(SignalingTest, AListenerWhoseQueueIsFilledHearsTheNewestNewsWhenItReadsAgain) {
  const auto battery = [](int percent) {
    return R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"r","battery":)" + std::to_string(percent) +
           "}}";
  };
  const Client listener = connect();
  listener.says(R"({"type":"setPeerStatus","roles":["listener"],"meta":null})");
  const Client robot = connect();
  robot.says(battery(0));
  const auto before = listener.socket->received.size();
  listener.socket->full = true;
  for (int i = 1; i <= 200; ++i) robot.says(battery(i));
  connect().events->on_end(SocketEnd::closed);
  loop.advance(2s);
  EXPECT_EQ(listener.socket->received.size(), before);
  listener.socket->full = false;
  loop.advance(1s);
  ASSERT_THAT(listener.socket->received, SizeIs(before + 1));
  EXPECT_THAT(listener.socket->received.back(), HasSubstr(R"("battery":200)"));
  robot.says(battery(201));
  EXPECT_THAT(listener.socket->received.back(), HasSubstr(R"("battery":201)"));
  listener.socket->full = true;
  robot.says(battery(202));
  listener.events->on_end(SocketEnd::closed);  // and nothing is kept for nobody
  loop.advance(1s);
  EXPECT_EQ(listener.socket->closed, "");
}

TEST_F(SignalingTest, ManyBadTokensInOneMessageAreOneError) {
  const Client client = connect();
  std::string tokens;
  for (int i = 0; i < 30; ++i) tokens += (i ? ",\"t" : "\"t") + std::to_string(i) + "\"";
  client.says(R"({"type":"setPeerStatus","roles":["listener"],"meta":null,"resume":[)" + tokens + "]}");
  EXPECT_EQ(client.socket->closed, "");
}

TEST_F(SignalingTest, ConnectionsAndSessionsShowInTheMetrics) {
  const Client robot = connect();
  robot.says(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"r"}})");
  const Client viewer = connect();
  viewer.says(R"({"type":"startSession","peerId":"r"})");
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("bigfoot_signaling_connections{role=\"producer\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bigfoot_signaling_connections{role=\"none\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bigfoot_sessions 1\n"));
  EXPECT_THAT(text, HasSubstr("bigfoot_signaling_messages_total{direction=\"in\",type=\"startSession\"} 1\n"));
}

TEST_F(SignalingTest, AnAbsentSidesTimeRunsByItself) {
  const Client robot = connect();
  robot.says(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"r"}})");
  const Client viewer = connect();
  viewer.says(R"({"type":"startSession","peerId":"r","client":"page"})");
  viewer.events->on_end(SocketEnd::silent);
  EXPECT_EQ(errors("silent"), 1);
  loop.advance(29s);
  EXPECT_THAT(robot.socket->received.back(), HasSubstr("startSession"));
  loop.advance(2s);
  EXPECT_EQ(robot.socket->received.back(), R"({"type":"endSession","sessionId":"s1"})");
}

TEST_F(SignalingTest, ADrainSendsPeersAwayOneAfterTheOtherAndThenEnds) {
  Whep whep(loop, signaling, {}, metrics, Log());
  bool done = false;
  Drain drain(loop, signaling, whep, 2s, [&] { done = true; });
  std::vector<Client> clients;
  clients.reserve(4);
  for (int i = 0; i < 4; ++i) clients.push_back(connect());
  const auto sent_away = [&] {
    int count = 0;
    for (const Client& client : clients) count += client.socket->closed.starts_with("1012 retry-after=");
    return count;
  };
  drain.start();
  EXPECT_TRUE(drain.draining());
  for (int step = 1; step <= 4; ++step) {
    loop.advance(10ms);
    EXPECT_EQ(sent_away(), step);
    loop.advance(490ms);
  }
  EXPECT_FALSE(done);
  for (const Client& client : clients) client.events->on_end(SocketEnd::closed);
  loop.advance(20ms);
  EXPECT_TRUE(done);
}

/// A client adds nothing of its own to the wait, so told + wait is when it knocks at the next server.
TEST_F(SignalingTest, ADrainSpreadsTheReturnsOverItsTimeAfterItsEnd) {
  constexpr int count = 40;
  constexpr Nanos spread = 2s;
  Whep whep(loop, signaling, {}, metrics, Log());
  Drain drain(loop, signaling, whep, spread, [] {});
  std::vector<Client> clients;
  clients.reserve(count);
  for (int i = 0; i < count; ++i) clients.push_back(connect());
  const Timestamp start = loop.now();
  std::vector<Nanos> returns;
  drain.start();
  for (Nanos passed{}; passed <= spread; passed += 10ms, loop.advance(10ms))
    for (Client& client : clients) {
      const std::string said = std::exchange(client.socket->closed, {});
      if (said.empty()) continue;
      const std::string mark = "1012 retry-after=";
      ASSERT_THAT(said, ::testing::StartsWith(mark));
      returns.push_back(loop.now() - start +
                        std::chrono::round<Nanos>(std::chrono::duration<double>(std::stod(said.substr(mark.size())))));
    }
  ASSERT_THAT(returns, SizeIs(count));
  std::sort(returns.begin(), returns.end());
  EXPECT_GE(returns.front(), spread + 1s - 5ms);  // the seconds are rounded to hundredths
  EXPECT_LE(returns.front(), spread + 1s + 60ms);
  EXPECT_LE(returns.back(), 2 * spread + 1s);
  for (std::size_t i = 1; i < returns.size(); ++i) {
    EXPECT_GE(returns[i] - returns[i - 1], spread / count / 2) << i;
    EXPECT_LE(returns[i] - returns[i - 1], spread / count * 2) << i;
  }
}

TEST_F(SignalingTest, ADrainDoesNotWaitForPeersThatDoNotAnswer) {
  Whep whep(loop, signaling, {}, metrics, Log());
  bool done = false;
  Drain drain(loop, signaling, whep, 1s, [&] { done = true; });
  const Client client = connect();
  drain.start();
  loop.advance(1400ms);
  EXPECT_FALSE(done);
  loop.advance(200ms);
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace bigfoot::server
