// Restarts and new paths of a PeerConnection: the DTLS session outlives the agents below it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "transport/peer_pair.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

/// What a session does at on_renegotiate: a new offer; the peer answers it with new credentials of its own.
void renegotiate_between(PeerPair& pair) {
  pair.offerer.renegotiate = [&pair](TestPeer&) {
    pair.loop.post([&pair] {
      ASSERT_TRUE(pair.answerer.peer.restart_ice());
      ASSERT_TRUE(pair.negotiate());
    });
  };
}

/// What a network card that is pulled does: the next read of the pair's socket fails, and libnice gives the pair up.
void break_socket(const PathInfo& path) {
  const auto port = std::stoi(path.local.substr(path.local.rfind(':') + 1));
  const int broken = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int found = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in6 name{};  // the port is where sockaddr_in has it
    socklen_t size = sizeof name;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 || ntohs(name.sin6_port) != port) continue;
    if (name.sin6_family != AF_INET && name.sin6_family != AF_INET6) continue;
    ASSERT_EQ(dup2(broken, fd), fd);
    ++found;
  }
  close(broken);
  ASSERT_GT(found, 0);
}

TEST(PeerConnection, AnIceRestartKeepsDtlsAndThePackets) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  const std::string old_ufrag = pair.offerer.peer.local().ufrag;
  send(pair.offerer.peer, numbered(1, 5));
  ASSERT_TRUE(pair.answerer.peer.restart_ice());
  ASSERT_TRUE(pair.offerer.peer.restart_ice());
  EXPECT_NE(pair.offerer.peer.local().ufrag, old_ufrag);
  EXPECT_THAT(pair.offerer.peer.local().candidates, Contains(HasSubstr("ufrag " + pair.offerer.peer.local().ufrag)));
  send(pair.offerer.peer, numbered(6, 5));  // on the pair that is still in place
  const auto paths = pair.offerer.paths.size();
  ASSERT_TRUE(pair.negotiate());
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.offerer.paths.size() > paths; }, 30s));
  send(pair.offerer.peer, numbered(11, 5));
  ASSERT_TRUE(wait_rtp(pair, pair.answerer, 15));
  EXPECT_THAT(pair.answerer.rtp, ElementsAreArray(numbered(1, 15)));
  EXPECT_EQ(std::count(pair.offerer.states.begin(), pair.offerer.states.end(), PeerState::handshaking), 1);
  EXPECT_TRUE(pair.offerer.peer.connected());
}

TEST(PeerConnection, AnIceRestartThatIsNeverAnsweredDisturbsNothing) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.offerer.peer.restart_ice());
  pair.loop.run_until([] { return false; }, 1500ms);
  EXPECT_TRUE(pair.offerer.peer.connected());
  send(pair.offerer.peer, numbered(1, 5));
  EXPECT_TRUE(wait_rtp(pair, pair.answerer, 5));
}

TEST(PeerConnection, ANewPathTakesOverWithoutLosingAPacket) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  renegotiate_between(pair);
  const auto old_path = *pair.offerer.peer.path();
  std::uint16_t next = 1;
  Subscription media = pair.loop.every(1ms, [&] { send(pair.offerer.peer, numbered(next++, 1)); });
  ASSERT_TRUE(pair.loop.run_until([&] { return next > 10; }, 30s));
  pair.offerer.peer.new_path();
  send(pair.offerer.peer, numbered(next++, 1));
  EXPECT_EQ(pair.offerer.peer.path()->generation, 1u) << "the old path sends until the new one has a pair";
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.offerer.peer.path()->generation == 2; }, 30s));
  const std::uint16_t switched = next;
  ASSERT_TRUE(pair.loop.run_until([&] { return next > switched + 50; }, 30s));
  media.reset();  // what is compared below must stand still
  ASSERT_TRUE(wait_rtp(pair, pair.answerer, static_cast<std::size_t>(next - 1)));
  EXPECT_EQ(pair.answerer.rtp.size(), static_cast<std::size_t>(next - 1));
  EXPECT_NE(pair.offerer.peer.path()->local, old_path.local);
  EXPECT_EQ(pair.answerer.peer.path()->remote, pair.offerer.peer.path()->local);
  EXPECT_THAT(pair.offerer.states,
              ElementsAre(PeerState::connecting_ice, PeerState::handshaking, PeerState::connected));
  EXPECT_EQ(pair.answerer.peer.traffic().srtp_rejected, 0u);
}

TEST(PeerConnection, TheAnswererCanTakeANewPathToo) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.answerer.renegotiate = [&pair](TestPeer&) {  // it asks for an offer; the offerer restarts
    pair.loop.post([&pair] {
      ASSERT_TRUE(pair.offerer.peer.restart_ice());
      ASSERT_TRUE(pair.negotiate());
    });
  };
  pair.answerer.peer.new_path();
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.answerer.peer.path()->generation == 2; }, 30s));
  ASSERT_TRUE(
      pair.loop.run_until([&] { return pair.offerer.peer.path()->remote == pair.answerer.peer.path()->local; }, 30s));
  send(pair.answerer.peer, numbered(1, 3));
  EXPECT_TRUE(wait_rtp(pair, pair.offerer, 3));
}

TEST(PeerConnection, ANewPathBeforeTheOldOneConnectedReplacesIt) {
  PeerPair pair;
  ASSERT_TRUE(pair.start());
  const std::string first = pair.offerer.peer.local().ufrag;
  pair.offerer.peer.new_path();
  EXPECT_NE(pair.offerer.peer.local().ufrag, first);
  ASSERT_TRUE(pair.negotiate());
  ASSERT_TRUE(pair.wait_connected());
  EXPECT_EQ(pair.offerer.peer.path()->generation, 2u);
}

TEST(PeerConnection, AnAnswerThatComesLateIsNotCutShortByTheNextTry) {
  IceConfig config = PeerPair::loopback();
  config.deadlines.retry = 5s;  // so long that what is done at once comes in time on a machine that stands still
  PeerPair pair(config);
  ASSERT_TRUE(pair.connect());
  int offers = 0;
  Timestamp offered{};
  pair.offerer.renegotiate = [&](TestPeer&) {
    ++offers;
    offered = pair.loop.now();
  };
  break_socket(*pair.offerer.peer.path());
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.offerer.peer.state() == PeerState::disconnected; }, 30s));
  const auto tick = pair.loop.every(5ms, [] {});
  ASSERT_TRUE(pair.loop.run_until([&] { return pair.loop.now() - offered > 4500ms; }, 60s));
  const int late = offers;
  auto offer = as_remote(pair.offerer.peer.local(), sdp::Setup::actpass);
  ASSERT_TRUE(pair.answerer.peer.restart_ice());
  auto answer = as_remote(pair.answerer.peer.local(), pair.answerer.peer.local().setup);
  const auto theirs = std::exchange(answer.candidates, {});
  ASSERT_TRUE(pair.offerer.peer.set_remote(answer));
  pair.loop.run_until([] { return false; }, 800ms);  // past the first try's time
  EXPECT_EQ(offers, late);
  EXPECT_EQ(pair.offerer.peer.local().ufrag, offer.ufrag);
  ASSERT_TRUE(pair.answerer.peer.set_remote(offer));
  for (const auto& candidate : theirs) pair.offerer.peer.add_remote_candidate(candidate);
  ASSERT_TRUE(pair.wait_connected());
  EXPECT_EQ(pair.offerer.peer.path()->generation, 1u + static_cast<unsigned>(late));
}

TEST(PeerConnection, AnOfferThatIsNotAnsweredIsMadeAgain) {
  IceConfig config = PeerPair::loopback();
  config.deadlines.retry = 300ms;
  PeerPair pair(config);
  ASSERT_TRUE(pair.connect());
  int offers = 0;
  pair.offerer.renegotiate = [&](TestPeer&) { ++offers; };
  break_socket(*pair.offerer.peer.path());
  EXPECT_TRUE(pair.loop.run_until([&] { return offers == 3; }, 30s));
  EXPECT_EQ(pair.offerer.peer.state(), PeerState::disconnected);
}

}  // namespace
}  // namespace bigfoot::transport
