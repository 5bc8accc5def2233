#include "transport/data_channels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "transport/channel_pair.hpp"
#include "transport/sctp.hpp"
#include "transport/sctp_stack.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Channels : public ChannelTest {};

constexpr std::uint8_t data_chunk = 0;

bool carries_data(BytesView packet) { return packet.size() > 16 && packet[12] == data_chunk; }

/// Drops packets by chance, the same each run.
std::function<bool(BytesView, bool)> losing(double share, std::uint32_t seed = 7) {
  return [random = std::mt19937(seed), share](BytesView, bool) mutable {
    return std::uniform_real_distribution<>(0, 1)(random) < share;
  };
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

// --- Channels and messages -------------------------------------------------------------------------------------------

TEST_F(Channels, EachSideOpensOneAndBothSpeakOnBoth) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& clock = open(pair, pair.client, {.label = "clock", .ordered = false, .max_retransmits = 0});
  DataChannel& drive =
      open(pair, pair.server, {.label = "drive", .protocol = "v1", .max_packet_life_time = Millis(200)});
  EXPECT_EQ(clock.id(), 0);
  EXPECT_EQ(drive.id(), 1);
  ASSERT_THAT(pair.server_side.open, SizeIs(1));
  ASSERT_THAT(pair.client_side.open, SizeIs(1));
  EXPECT_EQ(pair.server_side.open[0]->options(), clock.options());
  EXPECT_EQ(pair.client_side.open[0]->options(), drive.options());
  EXPECT_THAT(pair.client_side.opened, ElementsAre("clock", "drive"));

  ASSERT_TRUE(clock.send("ping"));
  ASSERT_TRUE(drive.send(Bytes{1, 0, 2}, MessageKind::binary));
  ASSERT_TRUE(pair.server_side.open[0]->send(""));
  ASSERT_TRUE(pair.client_side.open[0]->send(Bytes{}, MessageKind::binary));
  pair.loop.advance(200ms);
  ASSERT_THAT(pair.server_side.messages, SizeIs(2));
  ASSERT_THAT(pair.client_side.messages, SizeIs(2));
  EXPECT_THAT(pair.server_side.texts(), ElementsAre("ping", ""));
  EXPECT_EQ(pair.server_side.messages[0].kind, MessageKind::text);
  EXPECT_EQ(pair.server_side.messages[1].kind, MessageKind::binary);
  EXPECT_EQ(pair.server_side.messages[1].label, "drive");
  EXPECT_THAT(pair.client_side.messages[0].bytes, SizeIs(3));
  EXPECT_EQ(pair.client_side.messages[0].label, "drive");
  EXPECT_EQ(pair.client_side.messages[1].kind, MessageKind::text);
  EXPECT_THAT(pair.client_side.messages[1].bytes, IsEmpty());
}

TEST_F(Channels, WhileNothingMovesNobodyWakesUpOften) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  open(pair, pair.client, {.label = "drive"});
  pair.loop.advance(1s);
  const std::size_t before = pair.loop.wakeups();
  pair.loop.advance(10s);
  EXPECT_LE(pair.loop.wakeups() - before, 10 * 6u);
}

/// An association without channels, between two peers who share the loop with others.
struct Pair final : SctpEvents {
  explicit Pair(FakeLoop& loop) : loop_(loop) {}
  void on_sctp_connected(std::uint16_t) override { ++connected; }
  void on_sctp_message(std::uint16_t, std::uint32_t, BytesView) override {}
  void on_sctp_reset_by_peer(std::uint16_t) override {}
  void on_sctp_reset_done(std::uint16_t, bool) override {}
  void on_sctp_writable() override {}
  void on_sctp_ended(const Error&) override {}
  void on_sctp_failed(const Error&) override {}
  Sctp::Output to(Sctp& peer) {
    return [this, &peer](BytesView packet) {
      if (cut) return;
      loop_.post([&peer, copy = Bytes(packet.begin(), packet.end())] { peer.receive(copy); });
    };
  }
  void start() { ASSERT_TRUE(here.start() && there.start()); }

  FakeLoop& loop_;
  bool cut = false;
  int connected = 0;
  Sctp here{loop_, {}, *this, to(there)}, there{loop_, {}, *this, to(here)};
};

TEST_F(Channels, OneThatSendsWithEveryTickHoldsUpNoOther) {
  FakeLoop loop;
  Pair busy(loop), next(loop);
  busy.start();
  loop.advance(1s);
  ASSERT_EQ(busy.connected, 2);
  const Bytes word{1, 2, 3};
  const auto sending = loop.every(10ms, [&] { busy.here.send(0, 51, word, {}); });
  next.cut = true;  // its first packets are lost, so that its timers have to speak
  next.start();
  loop.advance(100ms);
  next.cut = false;
  loop.advance(2s);
  EXPECT_EQ(next.connected, 2);
}

TEST_F(Channels, WhatIsSentBeforeAnybodyIsConnectedArrives) {
  FakePair pair;
  auto channel = pair.client.open({.label = "early", .ordered = false});
  ASSERT_TRUE(channel);
  for (const auto& text : numbers(20)) ASSERT_TRUE((*channel)->send(text));
  EXPECT_EQ((*channel)->buffered(), 30u);
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  EXPECT_THAT(pair.server_side.texts(), ElementsAreArray(numbers(20))) << "nothing overtakes the open";
  EXPECT_EQ((*channel)->buffered(), 0u);
  EXPECT_EQ(pair.client_side.writable, 1);
}

TEST_F(Channels, ALongMessageGoesInPacketsThatFit) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "long"});
  Bytes bytes(pair.client.message_max());
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31);
  ASSERT_TRUE(channel.send(bytes, MessageKind::binary));
  pair.loop.advance(2s);
  ASSERT_THAT(pair.server_side.messages, SizeIs(1));
  EXPECT_EQ(pair.server_side.messages[0].bytes, bytes);
  std::size_t longest = 0;
  for (const auto& packet : pair.packets) longest = std::max(longest, packet.size());
  EXPECT_LE(longest + 37 + 51, 1200u) << "in DTLS, in TURN's indication";
  EXPECT_GT(longest, 1000u);
}

// --- Loss ------------------------------------------------------------------------------------------------------------

TEST_F(Channels, ReliableMessagesAllArriveInOrderUnderLoss) {
  RealPair pair;
  pair.drop = losing(0.2);
  pair.start();
  const ChannelOptions options{.label = "reliable"};
  auto there = pair.client.open(options);
  auto back = pair.server.open(options);
  ASSERT_TRUE(there && back);
  for (const auto& text : numbers(300)) {
    ASSERT_TRUE((*there)->send(text));
    ASSERT_TRUE((*back)->send(text));
    pair.loop.run_until([] { return false; }, 1ms);
  }
  EXPECT_TRUE(pair.loop.run_until(
      [&] { return pair.server_side.messages.size() >= 300 && pair.client_side.messages.size() >= 300; }, 60s));
  EXPECT_THAT(pair.server_side.texts(), ElementsAreArray(numbers(300)));
  EXPECT_THAT(pair.client_side.texts(), ElementsAreArray(numbers(300)));
}

TEST_F(Channels, WithoutRetransmitsALostMessageIsLostAndNobodyWaitsForIt) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "clock", .ordered = false, .max_retransmits = 0});
  std::set<std::string> lost;
  std::string current;
  pair.drop = [&, random = std::mt19937(3)](BytesView packet, bool to_client) mutable {
    const bool gone = !to_client && carries_data(packet) && random() % 4 == 0;
    if (gone) lost.insert(current);
    return gone;
  };
  for (const auto& text : numbers(200)) {
    current = text;
    ASSERT_TRUE(channel.send(text));
    pair.loop.advance(20ms);
  }
  pair.drop = nullptr;
  pair.loop.advance(5s);
  EXPECT_THAT(lost, SizeIs(Gt(20u)));
  std::vector<std::string> expected;
  for (const auto& text : numbers(200))
    if (!lost.contains(text)) expected.push_back(text);
  EXPECT_THAT(pair.server_side.texts(), ElementsAreArray(expected)) << "each of the others at once, and once";
}

TEST_F(Channels, AnUnorderedMessageOvertakesALostOne) {
  RealPair pair;
  pair.start();
  auto channel = pair.client.open({.label = "loose", .ordered = false});
  ASSERT_TRUE(channel);
  ASSERT_TRUE(pair.loop.run_until([&] { return (*channel)->open(); }, 30s));
  int data = 0;
  pair.drop = [&](BytesView packet, bool to_client) { return !to_client && carries_data(packet) && ++data == 1; };
  ASSERT_TRUE((*channel)->send("first"));
  ASSERT_TRUE((*channel)->send("second"));
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.server_side.messages.size() == 2; }, 30s));
  EXPECT_THAT(pair.server_side.texts(), ElementsAre("second", "first"));
}

TEST_F(Channels, AMessageThatIsTooOldIsNotSentAgain) {
  RealPair pair;
  pair.start();
  auto mortal = pair.client.open({.label = "mortal", .max_packet_life_time = Millis(50)});
  auto reliable = pair.client.open({.label = "reliable"});
  ASSERT_TRUE(mortal && reliable);
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.client_side.opened.size() == 2; }, 30s));
  pair.drop = [](BytesView, bool) { return true; };
  ASSERT_TRUE((*mortal)->send("old"));
  ASSERT_TRUE((*reliable)->send("kept"));
  pair.loop.run_until([] { return false; }, 300ms);
  pair.drop = nullptr;
  ASSERT_TRUE(pair.loop.run_until([&] { return !pair.server_side.messages.empty(); }, 30s));
  ASSERT_TRUE((*mortal)->send("new"));
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.server_side.messages.size() == 2; }, 30s));
  EXPECT_THAT(pair.server_side.texts(), ElementsAre("kept", "new"));
}

TEST_F(Channels, AGapOfHalfAMinuteEndsNothing) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "drive"});
  pair.drop = [](BytesView, bool) { return true; };
  ASSERT_TRUE(channel.send("during"));
  pair.loop.advance(30s);
  pair.drop = nullptr;
  // What is sent again has to be old by the wall clock, too: the loop's time goes with it.
  for (int i = 0; i < 3000 && pair.server_side.messages.empty(); ++i) {
    std::this_thread::sleep_for(10ms);
    pair.loop.advance(10ms);
  }
  EXPECT_THAT(pair.server_side.texts(), ElementsAre("during")) << "tried again at least once a second";
  EXPECT_THAT(pair.client_side.errors, IsEmpty());
}

// --- Ends ------------------------------------------------------------------------------------------------------------

TEST_F(Channels, ClosedIsToldAndTheNumberIsFreeAgain) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  for (int i = 0; i < 300; ++i) {
    DataChannel& channel = open(pair, pair.client, {.label = "again"});
    ASSERT_EQ(channel.id(), 0) << i;
    ASSERT_TRUE(channel.send("hello"));
    if (i % 2 == 0) {
      channel.close();
      EXPECT_FALSE(channel.send("more"));
    } else {
      pair.loop.advance(50ms);
      ASSERT_THAT(pair.server_side.open, SizeIs(1));
      pair.server_side.open[0]->close();
      pair.server_side.open.clear();
    }
    pair.loop.advance(200ms);
    ASSERT_EQ(pair.server_side.messages.size(), static_cast<std::size_t>(i + 1)) << "what was sent before the close";
    ASSERT_EQ(pair.client.size() + pair.server.size(), 0u) << i;
  }
  EXPECT_THAT(pair.server_side.closed, SizeIs(150));
  EXPECT_THAT(pair.client_side.closed, SizeIs(150));
  EXPECT_THAT(pair.server_side.errors, IsEmpty());
}

TEST_F(Channels, ClosingUnderLossEndsOnBothSides) {
  RealPair pair;
  pair.start();
  pair.drop = losing(0.3);
  for (std::size_t i = 1; i <= 20; ++i) {
    auto channel = pair.client.open({.label = "again"});
    ASSERT_TRUE(channel);
    ASSERT_TRUE((*channel)->send("hello"));
    (*channel)->close();
    if (i % 5 != 0) continue;  // five at a time
    ASSERT_TRUE(pair.loop.run_until([&] { return pair.server_side.closed.size() == i; }, 60s)) << i;
    EXPECT_THAT(pair.server_side.texts(), SizeIs(i));
    EXPECT_EQ(pair.client.size() + pair.server.size(), 0u);
  }
}

TEST_F(Channels, WhatWaitsIsSentBeforeTheClose) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "bulk"});
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(channel.send(std::string(50'000, 'x')));
  channel.close();
  pair.loop.advance(20s);
  EXPECT_THAT(pair.server_side.messages, SizeIs(15));
  EXPECT_THAT(pair.server_side.closed, ElementsAre("bulk"));
}

TEST_F(Channels, TheOtherSideHearsTheEnd) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  open(pair, pair.client, {.label = "drive"});
  pair.client.close();
  pair.loop.advance(1s);
  EXPECT_THAT(pair.server_side.errors, ElementsAre(HasSubstr("SCTP")));
  EXPECT_THAT(pair.server_side.closed, IsEmpty());
  EXPECT_THAT(pair.client_side.errors, IsEmpty()) << "no callback after close()";
  EXPECT_EQ(SctpStack::of_this_process().members(), 0u);
}

TEST_F(Channels, APeerThatNeverAnswersIsTold) {
  FakeLoop loop;
  ChannelSide side;
  DataChannels channels(
      loop, true, {}, {}, side, [](BytesView) {}, Log());
  channels.start();
  ASSERT_TRUE(channels.open({.label = "clock"}));
  loop.advance(120s);
  EXPECT_THAT(side.errors, ElementsAre("the peer does not answer SCTP"));
}

TEST_F(Channels, MayBeClosedFromEveryCallback) {
  for (int when = 1; when <= 6; ++when) {
    FakePair pair;
    int heard = 0;
    pair.server_side.when_anything = [&] {
      if (++heard == when) pair.server.close();
      EXPECT_LE(heard, when);
    };
    pair.start();
    auto one = pair.client.open({.label = "one"});
    auto two = pair.client.open({.label = "two"});
    ASSERT_TRUE(one && two);
    ASSERT_TRUE((*one)->send("1"));
    ASSERT_TRUE((*two)->send("2"));
    pair.loop.advance(300ms);
    if (when > 4) {
      (*one)->close();
      (*two)->close();
    }
    pair.loop.advance(2s);
    EXPECT_EQ(heard, when);
    EXPECT_FALSE(pair.server.connected());
  }
}

TEST_F(Channels, AChannelMayBeClosedTheMomentItOpens) {
  FakePair pair;
  pair.server_side.when_open = [](DataChannel& channel) { channel.close(); };
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pair.client.open({.label = "unwelcome"}));
    pair.loop.advance(500ms);
  }
  EXPECT_THAT(pair.client_side.closed, SizeIs(3));
  EXPECT_EQ(pair.client.size() + pair.server.size(), 0u);
}

}  // namespace
}  // namespace bigfoot::transport
