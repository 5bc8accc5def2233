#include "transport/sender.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>

#include "base/fake_loop.hpp"
#include "transport/peer_pair.hpp"
#include "transport/srtp.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

/// The loop's clock stands still; a watch is fired by hand.
class HandLoop final : public Loop {
 public:
  void post(Task task) override { fake.post(std::move(task)); }
  Subscription after(Nanos delay, Task task) override { return fake.after(delay, std::move(task)); }
  Subscription every(Nanos period, Task task) override { return fake.every(period, std::move(task)); }
  Subscription watch(int, Io, Task task) override {
    watched = std::move(task);
    return Subscription([this] { watched = nullptr; });
  }
  const Clock& clock() const override { return fake.clock(); }
  void fire() {
    const Task copy = watched;
    copy();
  }
  FakeLoop fake;
  Task watched;
};

struct Ears final : PeerListener {
  void on_local_candidate(const std::string&) override {}
  void on_state(PeerState) override {}
  void on_path(const PathInfo&) override {}
  void on_rtcp(BytesView) override {}
  void on_rtp(BytesView) override {}
  void on_packet_sent(std::uint16_t sequence, std::size_t, Timestamp at) override {
    sent.push_back(sequence);
    last = at;
  }
  void on_writable() override { ++writable; }
  void on_renegotiate() override {}
  void on_failed(const Error&) override {}
  std::vector<std::uint16_t> sent;
  Timestamp last{};
  int writable = 0;
};

/// Two real UDP sockets on loopback, and a kernel that can be told to refuse.
struct Wire final : DatagramRoute {
  Wire() : out(make_socket()), in(make_socket()) {
    socklen_t size = sizeof address;
    getsockname(in, reinterpret_cast<sockaddr*>(&address), &size);
  }
  ~Wire() override {
    close(out);
    close(in);
  }
  static int make_socket() {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    return fd;
  }
  int fd() const override { return relayed ? -1 : out; }
  const sockaddr* remote() const override { return reinterpret_cast<const sockaddr*>(&address); }
  socklen_t remote_size() const override { return sizeof address; }
  std::optional<std::size_t> send_relayed(const std::uint8_t* base, std::span<const WirePacket> packets) override {
    if (relay_broken) return std::nullopt;
    const std::size_t count = std::min(relay_room, packets.size());
    relay_room -= count;
    for (const auto& packet : packets.first(count)) {
      sendto(out, base + packet.offset, packet.size, 0, remote(), remote_size());
    }
    return count;
  }
  static int send_many(void* context, int fd, mmsghdr* messages, unsigned count) {
    auto& self = *static_cast<Wire*>(context);
    ++self.calls;
    unsigned allowed = 0;
    for (; allowed < count; ++allowed) {
      const bool train = messages[allowed].msg_hdr.msg_controllen > 0;
      self.trains += train ? 1 : 0;
      const int error = train && self.gso_error != 0 ? self.gso_error : self.room == 0 ? EAGAIN : self.hard_error;
      if (error != 0) {
        if (allowed > 0) break;
        errno = error;
        return -1;
      }
      --self.room;
    }
    return sendmmsg(fd, messages, allowed, MSG_DONTWAIT);
  }
  SocketCalls syscalls() { return {&Wire::send_many, this}; }
  std::vector<Bytes> received() const {
    std::vector<Bytes> packets;
    std::uint8_t buffer[2048];
    for (;;) {
      const ssize_t got = recv(in, buffer, sizeof buffer, 0);
      if (got < 0) return packets;
      packets.emplace_back(buffer, buffer + got);
    }
  }
  int out;
  int in;
  sockaddr_in address{};
  bool relayed = false;
  bool relay_broken = false;
  std::size_t relay_room = 1000;
  int gso_error = 0;
  int hard_error = 0;
  unsigned room = 100000;  ///< messages until the socket is full
  unsigned calls = 0;
  unsigned trains = 0;
};

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() { sender.set_route(&wire); }
  void put(std::uint16_t sequence, std::size_t size) {
    const Bytes packet = make_rtp(sequence, size);
    std::uint8_t* room = burst.reserve(size);
    ASSERT_NE(room, nullptr);
    std::copy(packet.begin(), packet.end(), room);
    burst.commit(size, sequence);
    expected.push_back(packet);
  }
  HandLoop loop;
  Ears ears;
  Traffic traffic;
  Wire wire;
  Sender sender{loop, ears, traffic, wire.syscalls()};
  Burst burst;
  std::vector<Bytes> expected;
};

TEST_F(SenderTest, AFrameIsOneTrainAndOneCall) {
  for (std::uint16_t i = 0; i < 9; ++i) put(i, 1100);
  put(9, 640);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_EQ(wire.calls, 1u);
  EXPECT_EQ(traffic.gso_batches, 1u);
  EXPECT_EQ(traffic.packets_sent, 10u);
  EXPECT_EQ(traffic.bytes_sent, 9u * 1100 + 640);
  EXPECT_THAT(wire.received(), ElementsAreArray(expected));
  EXPECT_THAT(ears.sent, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(ears.last, loop.now());
  EXPECT_TRUE(burst.empty());
}

TEST_F(SenderTest, MixedSizesAreSeveralTrainsInOneCall) {
  for (const std::size_t size : {500, 500, 300, 800, 800, 800, 900, 100, 100, 100})
    put(static_cast<std::uint16_t>(expected.size()), size);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_EQ(wire.calls, 1u);
  EXPECT_GE(traffic.gso_batches, 3u);
  EXPECT_THAT(wire.received(), ElementsAreArray(expected));
}

class SenderWithoutGso : public SenderTest, public ::testing::WithParamInterface<int> {};

TEST_P(SenderWithoutGso, TheSamePacketsGoOutSinglyAndGsoIsNotTriedAgain) {
  wire.gso_error = GetParam();
  for (int frame = 0; frame < 2; ++frame) {
    for (std::uint16_t i = 0; i < 5; ++i) put(static_cast<std::uint16_t>(frame * 5 + i), 1000);
    EXPECT_EQ(sender.send(burst), Sent::all);
  }
  EXPECT_THAT(wire.received(), ElementsAreArray(expected));
  EXPECT_EQ(traffic.gso_failures, 1u);
  EXPECT_EQ(traffic.gso_batches, 0u);
  EXPECT_EQ(traffic.sendmmsg_batches, 2u);
  EXPECT_EQ(wire.trains, 1u);
  EXPECT_EQ(ears.sent.size(), 10u);
}
INSTANTIATE_TEST_SUITE_P(Errors, SenderWithoutGso, ::testing::Values(EIO, EINVAL, EMSGSIZE));

TEST_F(SenderTest, ANewPathTriesGsoAgain) {
  wire.gso_error = EIO;
  put(1, 500);
  put(2, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  wire.gso_error = 0;
  sender.set_route(&wire);
  put(3, 500);
  put(4, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_EQ(traffic.gso_batches, 1u);
}

TEST_F(SenderTest, AFullSocketKeepsTheRestInOrderAndTellsTheTrueTime) {
  wire.room = 2;
  for (const std::size_t size : {500, 700, 900, 1000, 1100}) put(static_cast<std::uint16_t>(expected.size()), size);
  EXPECT_EQ(sender.send(burst), Sent::blocked);
  EXPECT_TRUE(sender.blocked());
  EXPECT_THAT(ears.sent, ElementsAre(0, 1));
  EXPECT_TRUE(loop.watched);

  const Timestamp before = loop.now();
  loop.fake.advance(3ms);
  wire.room = 2;
  loop.fire();
  EXPECT_THAT(ears.sent, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(ears.last, before + 3ms);
  EXPECT_EQ(ears.writable, 0);

  wire.room = 100;
  loop.fire();
  EXPECT_THAT(ears.sent, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(ears.writable, 1);
  EXPECT_FALSE(sender.blocked());
  EXPECT_FALSE(loop.watched);
  EXPECT_THAT(wire.received(), ElementsAreArray(expected));
}

TEST_F(SenderTest, RtcpWaitsBehindBlockedMediaAndIsBounded) {
  wire.room = 0;
  put(0, 500);
  EXPECT_EQ(sender.send(burst), Sent::blocked);
  const Bytes report(80, 7);
  for (std::size_t i = 0; i < 3 * Sender::pending_max; ++i) EXPECT_EQ(sender.send_one(report), Sent::blocked);
  wire.room = 100000;
  loop.fire();
  const auto received = wire.received();
  ASSERT_EQ(received.size(), Sender::pending_max);
  EXPECT_EQ(received[0], expected[0]);
  EXPECT_EQ(received[1], report);
}

TEST_F(SenderTest, WhatWasEncryptedBeforeTheBlockIsSentAsItWas) {
  const SrtpKeys keys{"AEAD_AES_128_GCM", Bytes(28, 1), Bytes(28, 1)};
  Srtp srtp = std::move(*Srtp::make(keys));
  wire.room = 0;
  std::vector<Bytes> encrypted;
  for (std::uint16_t sequence = 0; sequence < 6; ++sequence) {
    const Bytes plain = make_rtp(sequence, 1000);
    std::uint8_t* room = burst.reserve(plain.size() + Srtp::rtp_trailer);
    std::copy(plain.begin(), plain.end(), room);
    const std::size_t size = srtp.protect_rtp(room, plain.size());
    encrypted.emplace_back(room, room + size);
    burst.commit(size, sequence);
  }
  EXPECT_EQ(sender.send(burst), Sent::blocked);
  wire.room = 10;
  loop.fire();
  EXPECT_THAT(wire.received(), ElementsAreArray(encrypted));
}

TEST_F(SenderTest, AnUnreachableNetworkLosesPacketsButNothingElse) {
  wire.hard_error = ENETUNREACH;
  put(1, 500);
  put(2, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_THAT(ears.sent, IsEmpty()) << "the kernel never took them";
  EXPECT_GT(traffic.send_errors, 0u);
  EXPECT_EQ(traffic.packets_sent, 0u);
  wire.hard_error = 0;
  expected.clear();
  put(3, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_THAT(wire.received(), ElementsAreArray(expected));
}

TEST_F(SenderTest, AnAddressThatIsGoneDoesNotSwitchGsoOff) {
  wire.gso_error = EINVAL;  // the kernel says EINVAL to a source address that was removed, with and without GSO
  wire.hard_error = EINVAL;
  put(1, 500);
  put(2, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_EQ(traffic.gso_failures, 0u);
  wire.gso_error = wire.hard_error = 0;
  put(3, 500);
  put(4, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_EQ(traffic.gso_batches, 1u);
}

TEST_F(SenderTest, ARelayGoesThroughLibniceAndIsTriedAgainByATimer) {
  wire.relayed = true;
  wire.relay_room = 1;
  put(1, 500);
  put(2, 500);
  EXPECT_EQ(sender.send(burst), Sent::blocked);
  wire.relay_room = 10;
  loop.fake.advance(20ms);
  EXPECT_THAT(wire.received(), ElementsAreArray(expected));
  EXPECT_EQ(traffic.nice_sends, 2u);
  EXPECT_EQ(ears.writable, 1);
  EXPECT_THAT(ears.sent, ElementsAre(1, 2));
}

TEST_F(SenderTest, ABrokenRelayLosesPackets) {
  wire.relayed = wire.relay_broken = true;
  put(1, 500);
  EXPECT_EQ(sender.send(burst), Sent::all);
  EXPECT_EQ(traffic.send_errors, 1u);
  EXPECT_THAT(ears.sent, IsEmpty());
}

TEST_F(SenderTest, WithoutAPathNothingIsTaken) {
  sender.set_route(nullptr);
  put(1, 500);
  EXPECT_EQ(sender.send(burst), Sent::no_path);
  EXPECT_TRUE(burst.empty());
  EXPECT_EQ(sender.send_one(Bytes(80)), Sent::no_path);
  EXPECT_THAT(ears.sent, IsEmpty());
}

TEST(Burst, IsFullAtSixtyFourPacketsOrItsBytes) {
  Burst burst;
  for (std::size_t i = 0; i < Burst::packets_max; ++i) {
    ASSERT_NE(burst.reserve(900), nullptr);
    burst.commit(900, std::nullopt);
  }
  EXPECT_EQ(burst.reserve(1), nullptr);
  burst.clear();
  std::size_t count = 0;
  while (burst.reserve(1216) != nullptr) {
    burst.commit(1216, std::nullopt);
    ++count;
  }
  EXPECT_EQ(count, Burst::bytes_max / 1216);
}

TEST(Burst, IsSharedByTheThreadAndGoesWithItsLastUser) {
  const auto first = burst_of_this_thread();
  EXPECT_EQ(first, burst_of_this_thread());
}

}  // namespace
}  // namespace bigfoot::transport
