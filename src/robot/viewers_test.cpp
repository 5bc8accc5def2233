#include "robot/viewers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/testing.hpp"
#include "rtp/ntp.hpp"

namespace bigfoot::robot {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

constexpr std::uint32_t frame_ticks = 3'000;

class ViewersTest : public RobotLab {
 protected:
  ViewersTest() { add_camera("front"); }

  void open(ViewerLimits limits = {}) {
    viewers = std::make_unique<Viewers>(
        loop, transports.maker(), tracks(), counters.viewers(), limits,
        [this](const protocol::FromPeer& message) {
          if (server_hears) said.push_back(message);
        },
        Log());
  }
  void ask(const std::string& id, std::vector<std::string> wanted = {}, std::optional<std::string> offer = {}) {
    protocol::StartSession request;
    request.session_id = id;
    request.cameras = std::move(wanted);
    request.offer = std::move(offer);
    request.resume_token = "token of " + id;
    viewers->on(request);
  }
  std::string offer_to(const std::string& id) const {
    std::string text;
    for (const auto& message : said)
      if (const auto* peer = std::get_if<protocol::PeerMessage>(&message); peer != nullptr && peer->session_id == id)
        if (const auto* sdp = std::get_if<protocol::Sdp>(&peer->content)) text = sdp->sdp;
    return text;
  }
  void answer(const std::string& id, const std::string& ufrag = "theirs") {
    viewers->on(protocol::PeerMessage{id, protocol::Sdp{protocol::Sdp::Type::answer, answer_to(offer_to(id), ufrag)}});
  }
  /// Asks, answers and connects; its number among the transports.
  std::size_t join(const std::string& id, std::vector<std::string> wanted = {}) {
    ask(id, std::move(wanted));
    answer(id);
    transports.peers.back()->connect();
    return transports.peers.size() - 1;
  }
  void leave(const std::string& id) {
    protocol::EndSession end;
    end.session_id = id;
    viewers->on(end);
    loop.run_posted();
  }
  /// What the server was told of that session's end; nothing when it was not.
  std::optional<std::string> end_of(const std::string& id) const {
    for (const auto& message : said)
      if (const auto* end = std::get_if<protocol::EndSession>(&message); end != nullptr && end->session_id == id)
        return end->error;
    return std::nullopt;
  }
  Watched seen(std::size_t viewer, std::uint8_t payload_type = 96) const {
    return watch(transports.wires[viewer]->packets, payload_type);
  }
  const ViewerMetrics& counted() const { return counters.viewers(); }

  std::vector<protocol::FromPeer> said;
  bool server_hears = true;
  std::unique_ptr<Viewers> viewers;
};

TEST_F(ViewersTest, MoreThanAllowedAreRefusedInWordsUntilOneLeaves) {
  open({.sessions_max = 2, .half_open_max = 16});
  join("a");
  join("b");
  ask("c");
  EXPECT_EQ(viewers->count(), 2u);
  EXPECT_THAT(end_of("c").value_or(""), HasSubstr("too many viewers: 2 are connected"));
  leave("a");
  join("d");
  EXPECT_EQ(viewers->count(), 2u);
  EXPECT_FALSE(end_of("d"));
  EXPECT_EQ(counted().joined.value(), 3);
  EXPECT_EQ(counted().ended.value(), 1);
}

TEST_F(ViewersTest, ThoseWhoNeverAnswerFillTheRobotForTenSecondsOnly) {
  open({.sessions_max = 64, .half_open_max = 3});
  join("good");
  for (const char* id : {"x", "y", "z"}) ask(id);
  ask("late");
  EXPECT_THAT(end_of("late").value_or(""), HasSubstr("still connecting"));
  film(290);
  EXPECT_EQ(viewers->count(), 4u);
  film(20);
  EXPECT_EQ(viewers->count(), 1u);
  for (const char* id : {"x", "y", "z"}) EXPECT_THAT(end_of(id).value_or(""), HasSubstr("never answered")) << id;
  EXPECT_EQ(counted().ended.value(), 3);
  join("late again");
  EXPECT_EQ(viewers->count(), 2u);
  EXPECT_THAT(seen(0).pictures, SizeIs(Ge(309u))) << "and the good one saw every picture";
}

TEST_F(ViewersTest, TheEncoderSleepsWhenTheLastViewerLeavesAndWakesAtTheNextOffer) {
  open();
  join("a");
  join("b");
  film(10);
  leave("a");
  EXPECT_TRUE(cameras[0]->awake);
  leave("b");
  EXPECT_FALSE(cameras[0]->awake);
  const auto encoded = cameras[0]->encoded;
  film(30);
  EXPECT_EQ(cameras[0]->encoded, encoded);
  ask("c");
  EXPECT_TRUE(cameras[0]->awake) << "at the offer, not when it is connected";
  film(5);
  answer("c");
  transports.peers.back()->connect();
  film(30);
  EXPECT_TRUE(seen(2).decodable(frame_ticks));
  EXPECT_THAT(seen(2).pictures, SizeIs(Ge(28u)));
}

TEST_F(ViewersTest, ACameraIsEncodedAsLongAsAnyViewerWatchesItAndEachGetsWhatItWatches) {
  add_camera("rear");
  open();
  const std::size_t a = join("a");
  const std::size_t b = join("b");
  film(10, 4'000);
  const auto watches = [this](const std::string& id, std::vector<std::string> names) {
    viewers->on(protocol::PeerMessage{id, protocol::Watch{std::move(names)}});
  };
  watches("a", {"front"});
  EXPECT_TRUE(cameras[1]->awake) << "b looks";
  const std::size_t seen_by_a = seen(a, 98).pictures.size();
  film(30, 4'000);
  EXPECT_THAT(seen(a, 98).pictures, SizeIs(seen_by_a));
  EXPECT_THAT(seen(b, 98).pictures, SizeIs(Ge(39u)));
  watches("b", {"front"});
  EXPECT_FALSE(cameras[1]->awake);
  viewers->signaling_lost();
  film(30, 4'000);
  EXPECT_FALSE(cameras[1]->awake) << "a lost socket changes nothing";
  watches("a", {"front", "rear"});
  film(5, 4'000);
  EXPECT_TRUE(seen(a, 98).pictures.at(seen_by_a).keyframe);
  EXPECT_THAT(seen(a, 98).pictures, SizeIs(Ge(seen_by_a + 4)));
  EXPECT_TRUE(seen(b, 96).decodable(frame_ticks)) << "the other camera and the other viewer notice nothing";
  EXPECT_EQ(seen(b, 96).keyframes(), 1u);
}

TEST_F(ViewersTest, ASessionOutlivesTheSocketOfItsServer) {
  open();
  const std::size_t viewer = join("a");
  film(30);
  server_hears = false;
  viewers->signaling_lost();
  film(900);  // half a minute
  EXPECT_EQ(viewers->count(), 1u);
  server_hears = true;
  ask("a");  // a server that lost its memory may ask anew
  EXPECT_EQ(viewers->count(), 1u);
  EXPECT_THAT(transports.peers, SizeIs(1)) << "the same session, not a second one of its name";
  viewers->on(protocol::PeerMessage{"a", protocol::RestartIce{}});
  answer("a", "resumed");
  EXPECT_EQ(transports.wires[viewer]->remotes.back().ufrag, "resumed");
  film(30);
  EXPECT_TRUE(seen(viewer).decodable(frame_ticks));
  EXPECT_THAT(seen(viewer).pictures, SizeIs(Ge(959u))) << "media never waits for signaling";
  EXPECT_EQ(seen(viewer).keyframes(), 1u);
}

TEST_F(ViewersTest, TwoCamerasInOneSessionOrTheOneThatIsAskedFor) {
  add_camera("rear");
  open();
  const std::size_t both = join("both");
  const std::size_t one = join("one", {"rear"});
  film(60, 4'000);
  EXPECT_TRUE(seen(both, 96).decodable(frame_ticks));
  EXPECT_TRUE(seen(both, 98).decodable(frame_ticks));
  EXPECT_THAT(seen(one, 96).pictures, SizeIs(Ge(59u))) << "the only camera of a session is its first m-line";
  EXPECT_THAT(seen(one, 98).pictures, IsEmpty());
  leave("both");
  EXPECT_FALSE(cameras[0]->awake);
  EXPECT_TRUE(cameras[1]->awake);
}

TEST_F(ViewersTest, CamerasThatDoNotExistOrAreDoubledAreRefused) {
  open();
  ask("a", {"left"});
  EXPECT_THAT(end_of("a").value_or(""), HasSubstr("unknown camera \"left\""));
  ask("b", {"front", "front"});
  EXPECT_THAT(end_of("b").value_or(""), HasSubstr("asked for twice"));
  ask("c", std::vector<std::string>(17, "front"));
  EXPECT_THAT(end_of("c").value_or(""), HasSubstr("17 cameras"));
  ask("d", {}, player_offer("VP8/90000"));
  EXPECT_THAT(end_of("d").value_or(""), HasSubstr("no common codec"));
  EXPECT_EQ(viewers->count(), 0u);
  EXPECT_FALSE(cameras[0]->awake);
  EXPECT_EQ(counted().joined.value(), 0);
}

TEST_F(ViewersTest, AStrangersMessagesReachNobody) {
  open();
  const std::size_t viewer = join("a");
  film(10);
  const auto before = said.size();
  viewers->on(protocol::PeerMessage{"b", protocol::RestartIce{}});
  viewers->on(protocol::PeerMessage{"b", protocol::IceCandidate{"candidate:1 1 udp 1 192.0.2.66 9 typ host", 0}});
  viewers->on(protocol::PeerMessage{"", protocol::Fragment{"1", "a=ice-ufrag:x\r\n", {}}});
  leave("b");
  protocol::StartSession nameless;
  viewers->on(nameless);
  EXPECT_THAT(said, SizeIs(before));
  EXPECT_EQ(viewers->count(), 1u);
  EXPECT_THAT(transports.wires[viewer]->candidates, IsEmpty());
}

TEST_F(ViewersTest, AFragmentIsAnsweredUnderItsNumberWithWhatWasWrong) {
  open();
  ask("player", {}, player_offer());
  viewers->on(protocol::PeerMessage{"player", protocol::Fragment{"42", "a=ice-ufrag:half\r\n", {}}});
  const auto& reply = std::get<protocol::Fragment>(std::get<protocol::PeerMessage>(said.back()).content);
  EXPECT_EQ(reply.request_id, "42");
  EXPECT_THAT(reply.error.value_or(""), HasSubstr("malformed fragment"));
}

TEST_F(ViewersTest, AViewerThatVanishesWhileAPictureGoesOutHurtsNoOther) {
  open();
  join("a");
  const std::size_t gone = join("b");
  const std::size_t last = join("c");
  film(10);
  cameras[0]->capture();
  transports.peers[gone]->say_goodbye();
  film(30);
  EXPECT_EQ(viewers->count(), 2u);
  EXPECT_EQ(end_of("b").value_or(""), "the viewer closed the connection") << "the server cannot see it";
  for (const std::size_t viewer : {std::size_t{0}, last}) {
    EXPECT_TRUE(seen(viewer).decodable(frame_ticks));
    EXPECT_THAT(seen(viewer).pictures, SizeIs(Ge(40u)));
  }
}

TEST_F(ViewersTest, TrafficIsCountedOnceAlsoOfSessionsThatEnded) {
  open();
  const std::size_t first = join("a");
  const std::size_t second = join("b");
  film(95);
  leave("a");
  film(60);
  leave("b");
  double packets = 0, bytes = 0;
  for (const std::size_t viewer : {first, second})
    for (const Bytes& packet : transports.wires[viewer]->packets) {
      packets += 1;
      bytes += static_cast<double>(packet.size());
    }
  EXPECT_EQ(counted().packets_sent.value(), packets);
  EXPECT_EQ(counted().bytes_sent.value(), bytes);
}

TEST_F(ViewersTest, TheGaugesAreTheWorstViewersWithinWhatAPathCanBe) {
  open();
  join("honest");
  const std::size_t liar = join("liar");
  film(40);
  EXPECT_EQ(counted().sessions.value(), 2);
  const auto packet = rtp::parse_packet(transports.wires[liar]->packets.front());
  const rtp::WallOffset wall(loop.now(), loop.clock().wall());
  for (int i = 0; i < 200; ++i) {
    rtp::ReportBlock block{.ssrc = packet->header.ssrc, .fraction_lost = 255};
    block.last_sr = rtp::compact_ntp(wall.ntp(loop.now())) - (50u << 16);
    transports.peers[liar]->hear(rtp::ReceiverReport{1, {block}});
  }
  film(40);
  EXPECT_EQ(counted().rtt.value(), 10) << "fifty seconds are no round trip";
  EXPECT_THAT(counted().loss.value(), AllOf(Ge(0.9), Le(1.0)));
  transports.peers[liar]->lose_path();
  film(40);
  EXPECT_EQ(counted().rtt.value(), 0) << "a viewer that is not there has no path";
  EXPECT_EQ(counted().sessions.value(), 1);
  leave("liar");
  film(40);
  EXPECT_EQ(counted().loss.value(), 0) << "what it claimed goes with it";
  EXPECT_EQ(counted().sessions.value(), 1);
}

TEST_F(ViewersTest, AllLeaveWithTheRobot) {
  open();
  join("a");
  ask("b");
  ask("player", {}, player_offer());
  film(3);
  viewers.reset();
  for (const auto& wire : transports.wires) EXPECT_TRUE(wire->closed);
  EXPECT_FALSE(cameras[0]->awake);
  film(3);
}

}  // namespace
}  // namespace bigfoot::robot
