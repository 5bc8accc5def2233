// The addresses, ports and candidates of a PeerConnection: which it binds, offers, takes and marks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "transport/candidate_filter.hpp"
#include "transport/peer_pair.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(PeerAddresses, CandidatesThatAreNoUseDelayNothing) {
  PeerPair pair;
  ASSERT_TRUE(pair.start());
  auto offer = as_remote(pair.offerer.peer.local(), sdp::Setup::actpass);
  auto answer = as_remote(pair.answerer.peer.local(), sdp::Setup::passive);
  for (const char* text : {"candidate:7 1 udp 2113937151 4f2c8a10-1b2c-4d5e-8f90-abcdef012345.local 51000 typ host",
                           "candidate:8 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active",
                           "candidate:9 1 udp 2113937151 224.0.0.1 51000 typ host"}) {
    answer.candidates.insert(answer.candidates.begin(), *sdp::parse_candidate(text));
  }
  offer.candidates = {
      *sdp::parse_candidate("candidate:7 1 udp 2113937151 0b2c8a10-1b2c-4d5e-8f90-abcdef012345.local 51000 typ host")};
  ASSERT_TRUE(pair.answerer.peer.set_remote(offer));  // only a name: the offerer's check makes the pair
  ASSERT_TRUE(pair.offerer.peer.set_remote(answer));
  EXPECT_TRUE(pair.wait_connected(4500ms)) << "a name that is waited for costs 5 s";
  EXPECT_EQ(pair.answerer.peer.path()->remote_type, "prflx");
}

TEST(PeerAddresses, AFloodOfCandidatesDoesNotKeepTheGoodOnesOut) {
  PeerPair pair;
  ASSERT_TRUE(pair.start());
  ASSERT_TRUE(pair.negotiate());
  for (int i = 0; i < 1000; ++i) {
    sdp::Candidate flood;
    flood.foundation = "f";
    flood.priority = 1000;
    flood.address = "127.0.0.1";
    flood.port = static_cast<std::uint16_t>(20000 + i);
    pair.offerer.peer.add_remote_candidate(flood);
  }
  EXPECT_TRUE(pair.wait_connected());
}

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

/// So many UDP ports in a row that are free just now, below the ephemeral ones so that the kernel gives none away
/// meanwhile. Looked for from anywhere on: tests run side by side.
PortRange free_ports(int count) {
  int free = 0;
  for (int port = 10000 + static_cast<int>(std::random_device()() % 20000); port <= 32000; ++port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    free = bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? free + 1 : 0;
    close(probe);
    if (free == count) return {static_cast<std::uint16_t>(port - count + 1), static_cast<std::uint16_t>(port)};
  }
  ADD_FAILURE() << "no " << count << " free ports in a row";
  return {};
}

TEST(PeerAddresses, BindsOnlyInsideThePortRange) {
  IceConfig config = PeerPair::loopback();
  config.ports = free_ports(10);
  PeerPair pair(config);
  ASSERT_TRUE(pair.connect());
  const auto port = port_of(pair.offerer.peer.path()->local);
  EXPECT_GE(port, config.ports.first);
  EXPECT_LE(port, config.ports.last);
  for (const auto& text : pair.offerer.peer.local().candidates) {
    EXPECT_GE(sdp::parse_candidate(text)->port, config.ports.first) << text;
    EXPECT_LE(sdp::parse_candidate(text)->port, config.ports.last) << text;
  }
}

TEST(PeerAddresses, SaysWhenThePortRangeIsUsedUp) {
  GlibLoop loop;
  const Certificate certificate;
  IceConfig config = PeerPair::loopback();
  config.ports = free_ports(2);
  TestPeer first(loop, config, certificate);
  TestPeer second(loop, config, certificate);
  TestPeer third(loop, config, certificate);
  ASSERT_TRUE(first.peer.start(true));
  ASSERT_TRUE(second.peer.start(true));
  const auto refused = third.peer.start(true);
  ASSERT_FALSE(refused);
  const auto range = std::to_string(config.ports.first) + "-" + std::to_string(config.ports.last);
  EXPECT_THAT(refused.error().text(), AllOf(HasSubstr(range), HasSubstr("ice.ports")));
}

TEST(PeerAddresses, SaysWhenThereIsNoNetwork) {
  GlibLoop loop;
  const Certificate certificate;
  IceConfig config;
  config.interfaces = {"no-such-interface"};
  TestPeer peer(loop, config, certificate);
  const auto refused = peer.peer.start(true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("ice.interfaces"));
  EXPECT_EQ(refused.error().next, Next::retry);
}

std::vector<int> tos_of_open_sockets() {
  std::vector<int> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    int kind = 0;
    int family = 0;
    int tos = 0;
    socklen_t size = sizeof kind;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) != 0 || kind != SOCK_DGRAM) continue;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) continue;
    const bool v6 = family == AF_INET6;
    if (getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &tos, &size) == 0) all.push_back(tos);
  }
  return all;
}

TEST(PeerAddresses, MarksItsPacketsAsInteractiveVideo) {
  GlibLoop loop;
  const Certificate certificate;
  IceConfig config = PeerPair::loopback();
  {
    TestPeer marked(loop, config, certificate);
    ASSERT_TRUE(marked.peer.start(true));
    EXPECT_THAT(tos_of_open_sockets(), Contains(34 << 2));
  }
  const auto tick = loop.every(5ms, [] {});
  ASSERT_TRUE(loop.run_until([] { return tos_of_open_sockets().empty(); }, 30s));
  config.mark_packets = false;
  TestPeer plain(loop, config, certificate);
  ASSERT_TRUE(plain.peer.start(true));
  EXPECT_THAT(tos_of_open_sockets(), AllOf(Contains(0), ::testing::Not(Contains(34 << 2))));
}

TEST(PeerAddresses, RefusesTurnOverTlsAtTheStart) {
  GlibLoop loop;
  const Certificate certificate;
  IceConfig config = PeerPair::loopback();
  config.servers = {{"turns:turn.example.org:5349", "u", "p"}};
  TestPeer peer(loop, config, certificate);
  const auto refused = peer.peer.start(true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("TLS"));
}

TEST(PeerAddresses, WithoutLoopbackItsCandidatesAreNotOffered) {
  GlibLoop loop;
  const Certificate certificate;
  TestPeer peer(loop, {}, certificate);
  if (const auto started = peer.peer.start(true); !started) {
    EXPECT_THAT(started.error().text(), HasSubstr("no network address"));
  }
  for (const auto& text : peer.peer.local().candidates) {
    EXPECT_EQ(judge(*sdp::parse_candidate(text), false), CandidateVerdict::usable) << text;
  }
}

}  // namespace
}  // namespace bigfoot::transport
