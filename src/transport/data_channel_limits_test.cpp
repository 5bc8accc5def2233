// What a peer may do to us through its data channels, and what it may not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "transport/channel_pair.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ChannelLimit : public ChannelTest {};

TEST_F(ChannelLimit, AMessageThatIsTooLongIsRefusedByName) {
  FakePair pair({}, {}, {.sctp_port = 5000, .max_message_size = 1000});
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "short"});
  ASSERT_TRUE(channel.send(std::string(1000, 'x')));
  const auto refused = channel.send(std::string(1001, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "a message of 1001 bytes is too long for the data channel: at most 1000");
  pair.loop.advance(1s);
  EXPECT_THAT(pair.server_side.messages, SizeIs(1));
}

TEST_F(ChannelLimit, APeerThatSendsTooMuchLosesItsChannels) {
  ChannelLimits generous;
  generous.message = 300'000;
  FakePair pair(generous, {}, {.sctp_port = 5000, .max_message_size = 0});
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "long"});
  ASSERT_TRUE(channel.send(std::string(200'000, 'x')));
  pair.loop.advance(5s);
  EXPECT_THAT(pair.server_side.errors, ElementsAre("the peer sent a message of more than 65536 bytes"));
  EXPECT_THAT(pair.server_side.messages, IsEmpty());
  EXPECT_THAT(pair.client_side.errors, SizeIs(1)) << "it is told";
  EXPECT_FALSE(pair.client.open({.label = "again"}));
}

TEST_F(ChannelLimit, WhatWaitsIsBoundedAndTold) {
  RealPair pair;
  pair.start();
  auto opened = pair.client.open({.label = "bulk"});
  ASSERT_TRUE(opened);
  DataChannel& channel = **opened;
  ASSERT_TRUE(pair.loop.run_until([&] { return channel.open(); }, 30s));
  pair.drop = [](BytesView, bool) { return true; };
  std::size_t taken = 0;
  Result<> sent;
  while ((sent = channel.send(std::string(50'000, 'x')))) ++taken;
  EXPECT_THAT(sent.error().what, HasSubstr("queue is full"));
  EXPECT_EQ(sent.error().next, Next::retry);
  EXPECT_GT(channel.buffered(), 900'000u);
  EXPECT_LE(channel.buffered(), ChannelLimits().queue);
  EXPECT_LT(taken, 26u);
  EXPECT_EQ(pair.client_side.writable, 0);
  pair.drop = nullptr;
  EXPECT_TRUE(pair.loop.run_until([&] { return pair.server_side.messages.size() == taken; }, 60s));
  EXPECT_EQ(channel.buffered(), 0u);
  EXPECT_EQ(pair.client_side.writable, 1);
}

TEST_F(ChannelLimit, ABusyChannelStarvesNoOther) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& bulk = open(pair, pair.client, {.label = "bulk"});
  DataChannel& drive = open(pair, pair.client, {.label = "drive"});
  for (int i = 0; i < 18; ++i) ASSERT_TRUE(bulk.send(std::string(50'000, 'x')));
  ASSERT_TRUE(drive.send("left"));
  pair.loop.advance(20s);
  const auto left = std::find_if(pair.server_side.messages.begin(), pair.server_side.messages.end(),
                                 [](const auto& message) { return message.label == "drive"; });
  ASSERT_NE(left, pair.server_side.messages.end());
  EXPECT_LT(left - pair.server_side.messages.begin(), 8) << "of 18";
  EXPECT_THAT(pair.server_side.messages, SizeIs(19));
}

/// A peer that speaks SCTP and does as it likes.
struct Hostile final : SctpEvents {
  Hostile(FakeLoop& l, const ChannelLimits& limits = {})
      : loop(l),
        victim(
            loop, false, {}, limits, heard, [this](BytesView p) { pass(p, true); }, Log()),
        sctp(loop, {}, *this, [this](BytesView p) { pass(p, false); }) {
    victim.start();
    EXPECT_TRUE(sctp.start());
    loop.advance(500ms);
    EXPECT_TRUE(sctp.connected());
  }
  void pass(BytesView packet, bool to_us) {
    loop.post([this, to_us, copy = Bytes(packet.begin(), packet.end())] {
      to_us ? sctp.receive(copy) : victim.receive(copy);
    });
  }
  void open(std::uint16_t stream, const Bytes& dcep = write_dcep_open({.label = "x"})) {
    sctp.send(stream, ppid::dcep, dcep, {});
    loop.advance(10ms);
  }
  void on_sctp_connected(std::uint16_t) override {}
  void on_sctp_message(std::uint16_t, std::uint32_t, BytesView) override { ++messages; }
  void on_sctp_reset_by_peer(std::uint16_t) override { ++resets; }
  void on_sctp_reset_done(std::uint16_t, bool) override {}
  void on_sctp_writable() override {}
  void on_sctp_ended(const Error&) override {}
  void on_sctp_failed(const Error&) override {}

  FakeLoop& loop;
  int messages = 0, resets = 0;
  ChannelSide heard;
  DataChannels victim;
  Sctp sctp;
};

TEST_F(ChannelLimit, AThousandOpensAreBounded) {
  FakeLoop loop;
  Hostile peer(loop);
  for (int i = 0; i < 1000; ++i) {
    peer.open(static_cast<std::uint16_t>(i * 2 % 128));
    ASSERT_LE(peer.victim.size(), 32u);
  }
  EXPECT_THAT(peer.heard.errors, ElementsAre(HasSubstr("again and again")));
  EXPECT_LE(peer.victim.counts().opened_by_peer, 100u);
  EXPECT_EQ(peer.victim.counts().refused, ChannelLimits().refusals);
  EXPECT_FALSE(peer.victim.connected());
  EXPECT_FALSE(peer.victim.open({.label = "mine"}));
}

TEST_F(ChannelLimit, ChannelsThatAreOpenedTooFastAreRefused) {
  FakeLoop loop;
  ChannelLimits limits;
  limits.opens_at_once = 4;
  limits.open_again = 1s;
  Hostile peer(loop, limits);
  for (std::uint16_t i = 0; i < 8; ++i) peer.open(static_cast<std::uint16_t>(2 * i));
  EXPECT_EQ(peer.victim.size(), 4u);
  loop.advance(2s);  // two may be opened again
  for (std::uint16_t i = 20; i < 25; ++i) peer.open(static_cast<std::uint16_t>(2 * i));
  EXPECT_EQ(peer.victim.size(), 6u);
  EXPECT_EQ(peer.resets, 7) << "each refused is closed";
}

TEST_F(ChannelLimit, WhatBreaksTheRulesOfDcepIsRefused) {
  FakeLoop loop;
  Hostile peer(loop);
  peer.open(1);
  EXPECT_THAT(peer.heard.opened, IsEmpty()) << "odd numbers are ours";
  peer.open(2, {3, 0, 0});
  EXPECT_THAT(peer.heard.opened, IsEmpty()) << "malformed";
  peer.open(4);
  EXPECT_THAT(peer.heard.opened, ElementsAre("x"));
  peer.open(4);
  EXPECT_THAT(peer.heard.closed, ElementsAre("x")) << "opened a second time";
  peer.sctp.send(6, ppid::text, Bytes{'a'}, {});
  peer.sctp.send(4, 52, Bytes{'a'}, {});
  peer.sctp.send(6, ppid::dcep, write_dcep_acknowledge(), {});
  loop.advance(100ms);
  EXPECT_THAT(peer.heard.messages, IsEmpty());
  EXPECT_EQ(peer.victim.counts().messages_dropped, 2u);
  EXPECT_EQ(peer.victim.counts().refused, 3u);
  EXPECT_TRUE(peer.victim.connected());
  const auto own = peer.victim.open({.label = "own"});
  ASSERT_TRUE(own);
  EXPECT_EQ((*own)->id(), 1) << "a stranger's use of our number took it from nobody";
}

TEST_F(ChannelLimit, NoiseIsLeftOut) {
  FakePair pair;
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  DataChannel& channel = open(pair, pair.client, {.label = "drive"});
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    Bytes noise(random() % 200);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    pair.server.receive(noise);
  }
  for (int i = 0; i < 2000; ++i) {  // packets that were true once
    Bytes damaged = pair.packets[random() % pair.packets.size()];
    damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    pair.server.receive(damaged);
    pair.loop.run_posted();
  }
  ASSERT_TRUE(channel.send("still here"));
  pair.loop.advance(3s);
  EXPECT_THAT(pair.server_side.texts(), ElementsAre("still here"));
  EXPECT_GE(pair.server.counts().packets_refused, 1900u);
}

TEST_F(ChannelLimit, SoManyAndNoMore) {
  ChannelLimits limits;
  limits.channels = 3;
  FakePair pair({}, limits);
  ASSERT_NO_FATAL_FAILURE(connect(pair));
  open(pair, pair.server, {.label = "own"});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pair.client.open({.label = "theirs"}));
  pair.loop.advance(1s);
  EXPECT_EQ(pair.server.size(), 3u);
  EXPECT_THAT(pair.client_side.closed, ElementsAre("theirs", "theirs"));
  EXPECT_EQ(pair.client.size(), 3u);
  const auto fourth = pair.server.open({.label = "more"});
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().what, "there are 3 data channels already");
}

}  // namespace
}  // namespace bigfoot::transport
