// Against real WebSockets on loopback.

#include "view/robot_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "protocol/codec.hpp"
#include "signaling/fake_server.hpp"

namespace bigfoot::view {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RobotSenderTest : public testing::Test, public SenderListener {
 protected:
  RobotSenderTest() {
    RobotSenderOptions options;
    options.servers = {server.url()};
    options.robot = "rover-7";
    options.cameras = {"front"};
    options.client = "bigfoot-view/test";
    SenderListener& listener = *this;
    sender.emplace(loop, std::move(options), listener, Log{});
    EXPECT_TRUE(sender->start());
    EXPECT_TRUE(until([&] { return said<protocol::List>() == 1; }));
  }
  void TearDown() override {
    sender.reset();
    loop.run_until([] { return false; }, 20ms);  // libsoup lets go of what was cancelled
  }

  void on_server_up() override { heard.emplace_back("up"); }
  void on_server_down(const std::string&) override { heard.emplace_back("down"); }
  void on_robot(bool here) override { heard.emplace_back(here ? "here" : "gone"); }
  void on_refused(const std::string& why) override { heard.push_back("refused: " + why); }
  void on_ended(const std::string& why) override { heard.push_back("ended: " + why); }
  void on_resumed() override { heard.emplace_back("resumed"); }
  void on_offer(const std::string& sdp) override { heard.push_back("offer: " + sdp); }
  void on_answer(const std::string&) override { heard.emplace_back("answer"); }
  void on_candidate(const std::string& candidate) override { heard.push_back(candidate); }

  testing::AssertionResult until(const std::function<bool()>& done) {
    return loop.run_until(done, 30s) ? testing::AssertionSuccess() : testing::AssertionFailure() << "not in time";
  }
  template <class Message>
  std::ptrdiff_t said() const {
    return std::count_if(server.received.begin(), server.received.end(),
                         [](const auto& each) { return std::holds_alternative<Message>(each); });
  }
  /// What the sender makes of what the server says, and nothing else.
  std::vector<std::string> after(const protocol::FromServer& message) {
    heard.clear();
    server.send(message);
    server.send(protocol::PeerStatusChanged{{"mark", {protocol::Role::producer}, named("rover-7"), {}}});
    EXPECT_TRUE(until([&] { return !heard.empty() && heard.back() == "here"; }));
    heard.pop_back();
    return heard;
  }
  static protocol::Meta named(const std::string& name) { return protocol::make_meta(name, {"front"}, "test"); }
  static protocol::PeerMessage offer(const std::string& session) {
    return {session, protocol::Sdp{protocol::Sdp::Type::offer, "v=0"}};
  }

  GlibLoop loop;
  signaling::FakeServer server{loop};
  std::vector<std::string> heard;
  std::optional<RobotSender> sender;
};

TEST_F(RobotSenderTest, AsksForTheCameraAndAnswersTheOffer) {
  EXPECT_THAT(heard, ElementsAre("up"));
  sender->begin({});
  ASSERT_TRUE(until([&] { return said<protocol::StartSession>() == 1; }));
  const auto* start = server.last<protocol::StartSession>();
  EXPECT_EQ(start->peer_id, "rover-7");
  EXPECT_THAT(start->cameras, ElementsAre("front"));
  EXPECT_THAT(after(protocol::SessionStarted{"p", "s1", {}}), IsEmpty());
  EXPECT_EQ(sender->session(), "s1");
  EXPECT_THAT(after(offer("s1")), ElementsAre("offer: v=0"));
  EXPECT_THAT(after(offer("s2")), IsEmpty()) << "of no session of ours";
  EXPECT_THAT(after(protocol::PeerMessage{"s1", protocol::IceCandidate{"candidate:1", 0}}), ElementsAre("candidate:1"));
  sender->answer("v=0 a");
  ASSERT_TRUE(until([&] { return said<protocol::PeerMessage>() == 1; }));
  EXPECT_EQ(server.last<protocol::PeerMessage>()->session_id, "s1");
}

TEST_F(RobotSenderTest, ASessionThatNobodyWantsAnyMoreIsEndedWhenItComes) {
  sender->begin({});
  sender->end();
  sender->begin({});
  EXPECT_THAT(after(protocol::SessionStarted{"p", "old", {}}), IsEmpty());
  ASSERT_TRUE(until([&] { return said<protocol::EndSession>() == 1; }));
  EXPECT_EQ(server.last<protocol::EndSession>()->session_id, "old");
  EXPECT_THAT(after(protocol::SessionStarted{"p", "new", {}}), IsEmpty());
  EXPECT_EQ(sender->session(), "new");
}

TEST_F(RobotSenderTest, RefusalsOfASessionAreHeardOnceAndOfTheRightOne) {
  sender->begin({});
  EXPECT_THAT(after(protocol::ErrorMessage{"nobody of that name", "no-peer", {}}), ElementsAre("gone"));
  sender->begin({});
  EXPECT_THAT(after(protocol::ErrorMessage{"no camera left", "no-camera", {}}), ElementsAre("refused: no camera left"));
  sender->begin({});
  sender->end();
  EXPECT_THAT(after(protocol::ErrorMessage{"nobody of that name", "no-peer", {}}), IsEmpty());
  EXPECT_THAT(after(protocol::ErrorMessage{"too fast", "rate", {}}), IsEmpty()) << "it is about no session";
}

TEST_F(RobotSenderTest, EndsOfTheSessionSayWhy) {
  sender->begin({});
  after(protocol::SessionStarted{"p", "s1", {}});
  EXPECT_THAT(after(protocol::EndSession{"s0", "other", true}), IsEmpty());
  EXPECT_THAT(after(protocol::EndSession{"s1", "the robot goes", true}), ElementsAre("ended: the robot goes"));
  EXPECT_EQ(sender->session(), "");
  EXPECT_THAT(after(protocol::EndSession{"s1", "again", true}), IsEmpty());
}

TEST_F(RobotSenderTest, ARobotThatLeavesIsGoneAndOneThatOnlyCameAgainIsNot) {
  heard.clear();
  server.send(protocol::PeerStatusChanged{{"a", {protocol::Role::producer}, named("rover-7"), {}}});
  ASSERT_TRUE(until([&] { return heard == std::vector<std::string>{"here"}; }));
  EXPECT_THAT(after(protocol::PeerStatusChanged{{"b", {protocol::Role::producer}, named("rover-8"), {}}}), IsEmpty());
  EXPECT_THAT(after(protocol::PeerStatusChanged{{"b", {}, {}, {}}}), IsEmpty());
  EXPECT_THAT(after(protocol::PeerStatusChanged{{"a", {}, {}, {}}}), IsEmpty()) << "it came again under another id";
  EXPECT_THAT(after(protocol::PeerStatusChanged{{"mark", {}, {}, {}}}), ElementsAre("gone"));
}

TEST_F(RobotSenderTest, DelaysAreToldToRobotsThatKnowThem) {
  sender->begin({});
  after(protocol::SessionStarted{"p", "s1", {}});
  sender->report("front", {{84ms, 1ms, false}, {{protocol::ViewerStage::decode, 2ms}}});
  ASSERT_TRUE(until([&] { return said<protocol::PeerMessage>() == 1; }));
  const auto report = std::get<protocol::ViewerReport>(server.last<protocol::PeerMessage>()->content);
  EXPECT_EQ(report.camera, "front");
  EXPECT_EQ(report.delay, Nanos(84ms));
  EXPECT_EQ(report.clock_error, Nanos(1ms));
  EXPECT_EQ(report.stages, (protocol::ViewerStages{{protocol::ViewerStage::decode, 2ms}}));
  protocol::Meta stranger;
  stranger.json = R"({"name":"rover-7"})";
  heard.clear();
  server.send(protocol::PeerStatusChanged{{"gst", {protocol::Role::producer}, stranger, {}}});
  ASSERT_TRUE(until([&] { return !heard.empty(); }));
  sender->report("front", {{84ms, 1ms, false}, {{protocol::ViewerStage::decode, 2ms}}});
  sender->restart();
  ASSERT_TRUE(until([&] { return said<protocol::PeerMessage>() >= 2; }));
  EXPECT_TRUE(std::holds_alternative<protocol::RestartIce>(server.last<protocol::PeerMessage>()->content));
  EXPECT_EQ(said<protocol::PeerMessage>(), 2);
}

}  // namespace
}  // namespace bigfoot::view
