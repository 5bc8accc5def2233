#pragma once
// One SCTP association over somebody's datagrams (RFC 8261): usrsctp behind C++. Streams and messages only; what a
// channel is, DataChannels knows. Everything on the loop thread; callbacks may call every method, but destroy nothing.

#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"

namespace bigfoot::transport {

struct SctpConfig {
  std::uint16_t local_port = 5000;
  std::uint16_t remote_port = 5000;
  std::uint16_t streams = 128;              ///< each way; memory on both sides is held for each
  std::size_t message_max = 64 * 1024;      ///< of the peer; a longer one ends the association
  std::size_t send_buffer = 128 * 1024;     ///< what usrsctp holds until the peer acknowledged it; one message must fit
  std::size_t receive_buffer = 256 * 1024;  ///< the window that the peer is told: unread and unfinished messages
};

/// How hard a message is tried. At most one bound is set.
struct Reliability {
  bool ordered = true;
  std::optional<std::uint32_t> max_retransmits;
  std::optional<Millis> life_time;  ///< by the wall clock: usrsctp has no other
};

class SctpEvents {
 public:
  virtual ~SctpEvents() = default;
  /// `streams`: of ours that the peer takes.
  virtual void on_sctp_connected(std::uint16_t streams) = 0;
  /// A whole message; valid during the call only.
  virtual void on_sctp_message(std::uint16_t stream, std::uint32_t ppid, BytesView message) = 0;
  /// The peer reset its side of the stream: what comes on it from now on is of a new channel.
  virtual void on_sctp_reset_by_peer(std::uint16_t stream) = 0;
  /// Our side is reset, the peer said so (or, `refused`, that it will not).
  virtual void on_sctp_reset_done(std::uint16_t stream, bool refused) = 0;
  /// After Taken::full there may be room again.
  virtual void on_sctp_writable() = 0;
  /// Over: the peer closed or aborted it, as it does when it leaves. No event follows.
  virtual void on_sctp_ended(const Error& error) = 0;
  /// Over: the peer broke a rule or does not answer. No event follows.
  virtual void on_sctp_failed(const Error& error) = 0;
};

class Sctp {
 public:
  /// One packet for the peer, at most packet_max bytes. May be lost.
  using Output = std::function<void(BytesView)>;
  /// In DTLS (37 bytes at most) and a TURN indication (51: IPv6 and padding) this is a UDP payload of 1200.
  static constexpr std::size_t packet_max = 1112;

  enum class Taken { yes, full, never };

  Sctp(Loop& loop, const SctpConfig& config, SctpEvents& events, Output output);
  ~Sctp();
  Sctp(const Sctp&) = delete;
  Sctp& operator=(const Sctp&) = delete;

  /// Sends INIT; so does the peer (RFC 8831 6.1 leaves it open who begins: both may). Errors: usrsctp has no memory.
  [[nodiscard]] Result<> start();
  /// A packet of the peer, decrypted and authenticated.
  void receive(BytesView packet);
  /// `never`: not connected, or a stream that the peer does not take. `message` is not empty.
  Taken send(std::uint16_t stream, std::uint32_t ppid, BytesView message, const Reliability& reliability);
  /// Resets our side of the stream (RFC 6525) as soon as what was sent on it has left.
  void reset(std::uint16_t stream);
  /// Tells the peer (ABORT); no event follows.
  void close();

  bool connected() const;
  /// Packets of the peer that were left out: no SCTP, or extensions that nobody asked for.
  std::uint64_t refused_packets() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::transport
