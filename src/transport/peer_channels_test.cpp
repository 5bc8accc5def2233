// Data channels over whole PeerConnections: ICE, DTLS and SCTP, beside SRTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/channel_pair.hpp"
#include "transport/peer_pair.hpp"
#include "transport/process_size.hpp"
#include "transport/sctp_stack.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Both sides of a PeerPair with data channels.
struct Both {
  explicit Both(PeerPair& p) : pair(p) {}
  void open_channels() {
    ASSERT_TRUE(pair.offerer.peer.open_channels({}, offerer));
    ASSERT_TRUE(pair.answerer.peer.open_channels({}, answerer));
  }
  bool wait(const std::function<bool()>& done) { return pair.loop.run_until(done, 25s); }
  DataChannels& there() { return *pair.offerer.peer.channels(); }
  DataChannels& back() { return *pair.answerer.peer.channels(); }

  PeerPair& pair;
  ChannelSide offerer, answerer;
};

class PeerChannels : public ::testing::TestWithParam<sdp::Setup> {};

TEST_P(PeerChannels, ChannelsOfBothSidesBesideMedia) {
  PeerPair pair;
  Both both(pair);
  ASSERT_TRUE(pair.start());
  ASSERT_TRUE(pair.negotiate(GetParam()));
  ASSERT_NO_FATAL_FAILURE(both.open_channels());
  auto clock = both.there().open({.label = "clock", .ordered = false, .max_retransmits = 0});
  auto drive = both.back().open({.label = "drive"});
  ASSERT_TRUE(clock && drive);
  ASSERT_TRUE((*clock)->send("early"));
  ASSERT_TRUE(pair.wait_connected());
  ASSERT_TRUE(both.wait([&] { return both.offerer.opened.size() == 2 && both.answerer.opened.size() == 2; }));
  EXPECT_NE((*clock)->id() % 2, (*drive)->id() % 2);
  send(pair.offerer.peer, numbered(1, 10));
  ASSERT_TRUE((*drive)->send("left"));
  ASSERT_TRUE(both.answerer.open.at(0)->send("pong"));
  ASSERT_TRUE(both.wait([&] { return both.offerer.messages.size() == 2 && !both.answerer.messages.empty(); }));
  EXPECT_THAT(both.answerer.texts(), ElementsAre("early"));
  EXPECT_THAT(both.offerer.texts(), ::testing::UnorderedElementsAre("left", "pong"));
  ASSERT_TRUE(wait_rtp(pair, pair.answerer, 10));
  EXPECT_EQ(pair.offerer.peer.traffic().srtp_rejected, 0u);
}
INSTANTIATE_TEST_SUITE_P(All, PeerChannels, ::testing::Values(sdp::Setup::actpass, sdp::Setup::passive));

TEST(PeerChannelsOfAll, MayBeginWhenThePeersAreLongConnected) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  Both both(pair);
  const auto before = pair.offerer.peer.traffic().packets_sent;
  ASSERT_TRUE(pair.offerer.peer.open_channels({}, both.offerer));
  ASSERT_TRUE(both.there().open({.label = "late"}));
  // Its first packets find nobody.
  ASSERT_TRUE(both.wait([&, before] { return pair.offerer.peer.traffic().packets_sent >= before + 2; }));
  EXPECT_FALSE(both.there().connected());
  ASSERT_TRUE(pair.answerer.peer.open_channels({}, both.answerer));
  ASSERT_TRUE(both.wait([&] { return both.answerer.opened.size() == 1; }));
}

TEST(PeerChannelsOfAll, WithoutThemNothingOfTheStackIsThere) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(pair.offerer.peer.channels(), nullptr);
  EXPECT_EQ(SctpStack::of_this_process().members(), 0u);
  Both both(pair);
  const auto before = pair.offerer.peer.traffic().packets_sent;
  ASSERT_TRUE(pair.offerer.peer.open_channels({}, both.offerer));
  // INITs to a peer that did not ask for them.
  ASSERT_TRUE(both.wait([&, before] { return pair.offerer.peer.traffic().packets_sent >= before + 3; }));
  EXPECT_TRUE(pair.answerer.peer.connected());
  EXPECT_TRUE(pair.offerer.peer.connected());
  send(pair.answerer.peer, numbered(1, 3));
  EXPECT_TRUE(wait_rtp(pair, pair.offerer, 3));
}

TEST(PeerChannelsOfAll, ThereIsNoPeerBeforeItsDescription) {
  PeerPair pair;
  ChannelSide side;
  EXPECT_FALSE(pair.offerer.peer.open_channels({}, side));
  ASSERT_TRUE(pair.start());
  EXPECT_FALSE(pair.offerer.peer.open_channels({}, side));
  pair.offerer.peer.close();
  EXPECT_FALSE(pair.offerer.peer.open_channels({}, side));
}

TEST(PeerChannelsOfAll, LongMessagesPassInDatagramsOf1200) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  Both both(pair);
  ASSERT_NO_FATAL_FAILURE(both.open_channels());
  auto channel = both.there().open({.label = "long"});
  ASSERT_TRUE(channel);
  const Traffic before = pair.offerer.peer.traffic();
  ASSERT_TRUE((*channel)->send(std::string(60'000, 'x')));
  ASSERT_TRUE(both.wait([&] { return both.answerer.messages.size() == 1; }));
  EXPECT_THAT(both.answerer.messages[0].bytes, SizeIs(60'000));
  const Traffic after = pair.offerer.peer.traffic();
  EXPECT_GE(after.packets_sent - before.packets_sent, 50u) << "no datagram above 1200";
}

TEST(PeerChannelsOfAll, TheyMoveToANewPath) {
  PeerPair pair;
  ASSERT_TRUE(pair.start());
  ASSERT_TRUE(pair.negotiate());
  Both both(pair);
  ASSERT_NO_FATAL_FAILURE(both.open_channels());
  auto channel = both.there().open({.label = "drive"});
  ASSERT_TRUE(channel);
  ASSERT_TRUE(both.wait([&] { return (*channel)->open(); }));
  pair.offerer.renegotiate = [&](TestPeer&) {
    pair.loop.post([&] {
      ASSERT_TRUE(pair.answerer.peer.restart_ice());
      ASSERT_TRUE(pair.negotiate());
    });
  };
  pair.offerer.peer.new_path();
  ASSERT_TRUE(both.wait([&] { return !pair.offerer.paths.empty() && pair.offerer.paths.back().generation == 2; }));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE((*channel)->send(std::to_string(i)));
  ASSERT_TRUE(both.wait([&] { return both.answerer.messages.size() == 20; }));
  EXPECT_THAT(both.offerer.errors, IsEmpty());
}

TEST(PeerChannelsOfAll, AGoodbyeEndsThemToo) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  Both both(pair);
  ASSERT_NO_FATAL_FAILURE(both.open_channels());
  auto channel = both.there().open({.label = "drive"});
  ASSERT_TRUE(channel);
  ASSERT_TRUE(both.wait([&] { return both.answerer.open.size() == 1; }));
  pair.offerer.peer.close();
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.answerer.peer.state() == PeerState::closed; }, 25s));
  EXPECT_THAT(both.offerer.closed, IsEmpty());
  EXPECT_THAT(both.offerer.errors, IsEmpty());
  EXPECT_EQ(SctpStack::of_this_process().members(), 0u);
  EXPECT_FALSE(both.there().open({.label = "again"}));
  EXPECT_EQ(SctpStack::of_this_process().orphans(), 0u);
}

TEST(PeerChannelsOfAll, APeerMayBeClosedFromAMessage) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  Both both(pair);
  ASSERT_NO_FATAL_FAILURE(both.open_channels());
  both.answerer.when_anything = [&] {
    if (!both.answerer.messages.empty()) pair.answerer.peer.close();
  };
  auto channel = both.there().open({.label = "drive"});
  ASSERT_TRUE(channel);
  for (const auto* text : {"1", "2", "3"}) ASSERT_TRUE((*channel)->send(text));
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.offerer.peer.state() == PeerState::closed; }, 25s));
  EXPECT_THAT(both.answerer.texts(), ElementsAre("1"));
  EXPECT_EQ(SctpStack::of_this_process().members(), 0u);
}

TEST(PeerChannelsOfAll, TwoHundredPeersLeaveNothingBehind) {
  PeerPair base;  // its loop and identities
  const auto cycle = [&base](int number) {
    ChannelSide offerer_side, answerer_side;
    TestPeer offerer(base.loop, PeerPair::loopback(), base.offerer_identity);
    TestPeer answerer(base.loop, PeerPair::loopback(), base.answerer_identity);
    offerer.other = &answerer;
    answerer.other = &offerer;
    ASSERT_TRUE(offerer.peer.start(true));
    ASSERT_TRUE(answerer.peer.start(false));
    ASSERT_TRUE(answerer.peer.set_remote(as_remote(offerer.peer.local(), sdp::Setup::actpass)));
    ASSERT_TRUE(offerer.peer.set_remote(as_remote(answerer.peer.local(), sdp::Setup::passive)));
    ASSERT_TRUE(offerer.peer.open_channels({}, offerer_side));
    ASSERT_TRUE(answerer.peer.open_channels({}, answerer_side));
    auto channel = offerer.peer.channels()->open({.label = "clock", .ordered = false, .max_retransmits = 0});
    ASSERT_TRUE(channel);
    ASSERT_TRUE((*channel)->send("ping"));
    ASSERT_TRUE(base.loop.run_until([&] { return answerer_side.messages.size() == 1; }, 30s));
    ASSERT_TRUE(answerer_side.open.at(0)->send(std::string(20'000, 'x')));
    if (number % 2 == 0) {  // every other peer goes in the middle of it
      ASSERT_TRUE(base.loop.run_until([&] { return offerer_side.messages.size() == 1; }, 30s));
    }
    answerer.peer.close();
  };
  const auto settle = [&base] { base.loop.run_until([] { return false; }, 50ms); };
  for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(cycle(i));
  settle();
  const auto descriptors = open_descriptors();
  const auto running = threads();
  const auto memory = allocated_kib();
  for (int i = 0; i < 200; ++i) ASSERT_NO_FATAL_FAILURE(cycle(i));
  settle();
  const auto tick = base.loop.every(5ms, [] {});
  EXPECT_TRUE(base.loop.run_until([&] { return open_descriptors() <= descriptors; }, 30s)) << open_descriptors();
  EXPECT_TRUE(base.loop.run_until([&] { return threads() <= running; }, 30s)) << threads();
  EXPECT_EQ(SctpStack::of_this_process().members(), 0u);
  EXPECT_EQ(SctpStack::of_this_process().orphans(), 0u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they have a heap of their own
  EXPECT_TRUE(base.loop.run_until([&] { return allocated_kib() < memory + 512; }, 30s))
      << "from " << memory << " to " << allocated_kib() << " KiB in 400 sessions";
#else
  (void)memory;
#endif
}

}  // namespace
}  // namespace bigfoot::transport
