#pragma once
// Test support: two peers in one process over loopback, their signaling a post() on the loop.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::transport {

inline sdp::RemoteTransport as_remote(const sdp::LocalTransport& local, sdp::Setup setup) {
  sdp::RemoteTransport remote;
  remote.ufrag = local.ufrag;
  remote.pwd = local.pwd;
  const auto space = local.fingerprint.find(' ');
  remote.fingerprints = {{local.fingerprint.substr(0, space), local.fingerprint.substr(space + 1)}};
  remote.setup = setup;
  for (const auto& text : local.candidates) remote.candidates.push_back(*sdp::parse_candidate(text));
  return remote;
}

/// Says nothing unless BIGFOOT_TEST_LOG is set.
inline Log test_log() {
  LogWriter::Options options;
  options.level = LogLevel::debug;
  return std::getenv("BIGFOOT_TEST_LOG") == nullptr ? Log() : Log(std::make_shared<LogWriter>(options));
}

/// One side: keeps what it hears.
struct TestPeer final : PeerListener {
  TestPeer(GlibLoop& l, const IceConfig& config, const Certificate& certificate)
      : loop(l), peer(l, config, certificate, *this, test_log()) {}

  GlibLoop& loop;
  TestPeer* other = nullptr;
  bool trickles = true;
  std::function<void(TestPeer&)> renegotiate;
  std::vector<PeerState> states;
  std::vector<PathInfo> paths;
  std::vector<Bytes> rtp;
  std::vector<Bytes> rtcp;
  struct SentPacket {
    std::uint16_t sequence;
    std::size_t bytes;
    Timestamp at;
  };
  std::vector<SentPacket> sent;
  std::vector<std::string> errors;
  int writable = 0;
  PeerConnection peer;

  void on_local_candidate(const std::string& candidate) override {
    if (!trickles || other == nullptr || candidate.empty()) return;
    loop.post([this, parsed = *sdp::parse_candidate(candidate)] { other->peer.add_remote_candidate(parsed); });
  }
  void on_state(PeerState state) override { states.push_back(state); }
  void on_path(const PathInfo& path) override { paths.push_back(path); }
  void on_rtcp(BytesView packet) override { rtcp.emplace_back(packet.begin(), packet.end()); }
  void on_rtp(BytesView packet) override { rtp.emplace_back(packet.begin(), packet.end()); }
  void on_packet_sent(std::uint16_t sequence, std::size_t bytes, Timestamp at) override {
    sent.push_back({sequence, bytes, at});
  }
  void on_writable() override { ++writable; }
  void on_renegotiate() override {
    if (renegotiate) renegotiate(*this);
  }
  void on_failed(const Error& error) override { errors.push_back(error.text()); }
};

/// An RTP packet without extensions whose payload is derived from its number, so that a mix-up shows.
inline Bytes make_rtp(std::uint16_t sequence, std::size_t size, std::uint32_t ssrc = 0x11223344) {
  Bytes packet(size);
  packet[0] = 0x80;
  packet[1] = 102;
  store_be16(&packet[2], sequence);
  store_be32(&packet[4], 90000u + sequence);
  store_be32(&packet[8], ssrc);
  for (std::size_t i = 12; i < size; ++i) packet[i] = static_cast<std::uint8_t>(sequence * 31 + i);
  return packet;
}

/// Reserve, write, commit.
inline bool put(PeerConnection& peer, const Bytes& packet, std::uint16_t transport_sequence) {
  std::uint8_t* room = peer.reserve(packet.size());
  if (room == nullptr) return false;
  std::copy(packet.begin(), packet.end(), room);
  peer.commit(packet.size(), transport_sequence);
  return true;
}

struct PeerPair {
  explicit PeerPair(IceConfig first = loopback(), IceConfig second = loopback())
      : offerer(loop, first, offerer_identity), answerer(loop, second, answerer_identity) {
    offerer.other = &answerer;
    answerer.other = &offerer;
  }
  static IceConfig loopback() {
    IceConfig config;
    config.interfaces = {"lo"};
    config.loopback = true;
    return config;
  }
  /// Offer and answer. The answerer says passive to `actpass` and active to `passive` (as to a peer that never
  /// connects).
  Result<> negotiate(sdp::Setup offer = sdp::Setup::actpass) {
    if (auto set = answerer.peer.set_remote(as_remote(offerer.peer.local(), offer)); !set) return set;
    const auto answer = answerer.peer.local();
    return offerer.peer.set_remote(as_remote(answer, answer.setup));
  }
  Result<> start(bool offerer_controls = true) {
    if (auto started = offerer.peer.start(offerer_controls); !started) return started;
    return answerer.peer.start(!offerer_controls);
  }
  bool connect() { return start() && negotiate() && wait_connected(); }
  bool wait_connected(Nanos at_most = 25s) {  // less than the deadline of 30 s
    return loop.run_until([this] { return offerer.peer.connected() && answerer.peer.connected(); }, at_most);
  }

  GlibLoop loop;
  Certificate offerer_identity;
  Certificate answerer_identity;
  TestPeer offerer;
  TestPeer answerer;
};

inline std::vector<Bytes> numbered(std::uint16_t first, std::uint16_t count, std::size_t size = 1000) {
  std::vector<Bytes> packets;
  for (std::uint16_t i = 0; i < count; ++i) packets.push_back(make_rtp(static_cast<std::uint16_t>(first + i), size));
  return packets;
}

inline void send(PeerConnection& peer, const std::vector<Bytes>& packets) {
  for (const auto& packet : packets) ASSERT_TRUE(put(peer, packet, load_be16(&packet[2])));
  ASSERT_EQ(peer.flush(), Sent::all);
}

inline bool wait_rtp(PeerPair& pair, TestPeer& peer, std::size_t count) {
  return pair.loop.run_until([&] { return peer.rtp.size() >= count; }, 30s);
}

}  // namespace bigfoot::transport
