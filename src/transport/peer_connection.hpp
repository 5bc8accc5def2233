#pragma once
// One viewer's transport: ICE path(s) → DTLS → SRTP and SCTP, behind one small header. Media above knows only send,
// on_rtcp, on_path. Everything runs on the loop thread; callbacks may destroy nothing but may call close().

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "sdp/transport.hpp"
#include "transport/certificate.hpp"
#include "transport/data_channels.hpp"
#include "transport/ice_config.hpp"

namespace bigfoot::transport {

/// The pair in use, for metrics, logs and the page.
struct PathInfo {
  std::string local;  ///< "192.0.2.7:50004"; of srflx, prflx and relay what the peer sees, not an address of ours
  /// The address of ours, without port, whose socket is in use, written as LocalAddress::address is: it tells whether
  /// an address that went away was this path's, also behind a NAT and through a relay.
  std::string base;
  std::string remote;
  std::string local_type;  ///< host, srflx, prflx, relay
  std::string remote_type;
  std::uint32_t generation = 0;  ///< IcePath generation: 1, 2, … after address changes
};

/// Datagrams of this session other than STUN: SRTP, SRTCP, DTLS; bytes are UDP payload. Received: authenticated ones
/// only.
struct Traffic {
  std::uint64_t packets_sent = 0, bytes_sent = 0, packets_received = 0, bytes_received = 0;
  std::uint64_t gso_batches = 0;       ///< trains of several packets that the kernel took as one
  std::uint64_t sendmmsg_batches = 0;  ///< calls without GSO, on paths that refused it
  std::uint64_t nice_sends = 0;        ///< packets through a relay
  std::uint64_t gso_failures = 0;      ///< paths that refused GSO
  std::uint64_t blocked = 0;           ///< times the socket was full
  std::uint64_t send_errors = 0;       ///< packets or trains that were lost to an error (ENETUNREACH, …)
  std::uint64_t srtp_rejected = 0;     ///< authentication or replay failures
};

enum class PeerState { idle, connecting_ice, handshaking, connected, disconnected, closed };
const char* to_string(PeerState state);

/// What became of a burst (flush) or of an RTCP packet.
enum class Sent {
  all,      ///< the kernel (or libnice) took every packet
  blocked,  ///< some were kept, encrypted, and go out first when the socket is writable: send nothing until on_writable
  no_path,  ///< not connected: nothing was taken
};

class PeerListener {
 public:
  virtual ~PeerListener() = default;
  /// A local candidate, as "candidate:…" (RFC 8839), to be trickled; empty string: gathering is complete. Those found
  /// before start() returns or on_renegotiate is called stand in local() only.
  virtual void on_local_candidate(const std::string& candidate) = 0;
  /// `closed` comes here when the peer said goodbye (DTLS close_notify), and before on_failed.
  virtual void on_state(PeerState state) = 0;
  /// First nomination and every change of pair.
  virtual void on_path(const PathInfo& path) = 0;
  /// Decrypted, authenticated RTCP (compound) and RTP. Valid during the call only.
  virtual void on_rtcp(BytesView packet) = 0;
  virtual void on_rtp(BytesView packet) = 0;
  /// The kernel took the packet that was committed with this transport-wide number, at this time.
  virtual void on_packet_sent(std::uint16_t transport_sequence, std::size_t bytes, Timestamp at) = 0;
  /// After Sent::blocked: what was kept is gone, the next burst may come.
  virtual void on_writable() = 0;
  /// The address of this machine changed and a new IcePath needs telling the peer: make a new offer (new credentials).
  virtual void on_renegotiate() = 0;
  /// Over for good: certificate mismatch, DTLS failure, timeout, consent lost without return.
  virtual void on_failed(const Error& error) = 0;
};

class PeerConnection {
 public:
  /// Silent until start(). `certificate` and `listener` must outlive it.
  PeerConnection(Loop& loop, const IceConfig& config, const Certificate& certificate, PeerListener& listener, Log log);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  /// Makes the first IcePath and begins to gather. `controlling`: we offer (RFC 8445 6.1.1). Errors: no usable address,
  /// no free port in the range, a STUN or TURN URL that we cannot use.
  [[nodiscard]] Result<> start(bool controlling);
  /// Credentials, fingerprint and setup of ours for the SDP; candidates gathered so far.
  sdp::LocalTransport local() const;
  /// The peer's credentials, fingerprints and DTLS role. Again after an ICE restart: the fingerprint must be the same.
  /// It goes to the newest path: an answer to an offer from before on_renegotiate must be dropped by the caller.
  /// Errors: closed or not started, no fingerprint, another certificate or DTLS role than before, malformed ICE
  /// credentials.
  [[nodiscard]] Result<> set_remote(const sdp::RemoteTransport& remote);
  /// At most 32 are kept; unusable ones (mDNS, loopback, link-local, multicast, TCP) are skipped and counted.
  void add_remote_candidate(const sdp::Candidate& candidate);

  /// New local credentials on the same agent, because the peer asked (offer or WHEP PATCH with new credentials).
  /// Errors: closed or not started, libnice refuses.
  [[nodiscard]] Result<> restart_ice();
  /// A new agent beside the old one (address change, new TURN credentials): on_renegotiate follows.
  void new_path();

  // Sending a burst: reserve → write a plain RTP packet → commit, …, flush. One buffer for the whole loop thread.
  /// Room for one packet of up to `max_size` bytes (≤ 1200), or nullptr when the burst is full: flush first.
  std::uint8_t* reserve(std::size_t max_size);
  /// The reserved packet is `size` bytes; `transport_sequence` goes back in on_packet_sent.
  void commit(std::size_t size, std::optional<std::uint16_t> transport_sequence);
  /// Hands what was committed to the kernel; the buffer is free again, whatever came of it.
  Sent flush();
  /// False between Sent::blocked and on_writable, and while there is no path.
  bool writable() const;
  /// A compound RTCP packet, encrypted and sent at once.
  Sent send_rtcp(BytesView packet);

  /// Data channels over the DTLS of this session: after set_remote, once, when both SDPs have an m=application. They
  /// begin by themselves when DTLS is up and live through ICE restarts and new paths. `listener` must outlive this.
  /// Without it what a peer sends through DTLS is dropped. Errors: closed, or no peer yet.
  [[nodiscard]] Result<DataChannels*> open_channels(const sdp::RemoteData& remote, ChannelListener& listener,
                                                    const ChannelLimits& limits = {});
  /// nullptr without open_channels(). They end with the connection: nothing but on_state says so.
  DataChannels* channels();

  /// Says goodbye (DTLS close_notify) and frees the path; no callback follows.
  void close();

  PeerState state() const;
  bool connected() const { return state() == PeerState::connected; }
  std::optional<PathInfo> path() const;  ///< nothing before the first pair
  const Traffic& traffic() const;
  std::string srtp_profile() const;  ///< "AEAD_AES_128_GCM", …; empty before DTLS

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::transport
