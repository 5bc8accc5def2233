#pragma once
// From an encrypted burst to the kernel: GSO trains where the path can, sendmmsg where it cannot, libnice on a relay.
// What the kernel does not take at once is kept as it is, encrypted: to encrypt a sequence number twice would use an
// AES-GCM nonce twice (RFC 7714 8.1).

#include <sys/socket.h>

#include <optional>
#include <span>
#include <vector>

#include "base/loop.hpp"
#include "transport/burst.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::transport {

/// Where datagrams go: the selected pair of an ICE path.
class DatagramRoute {
 public:
  virtual ~DatagramRoute() = default;
  /// The pair's own UDP socket, shared with ICE (never connect it); -1 on a relay, or when it is gone.
  virtual int fd() const = 0;
  virtual const sockaddr* remote() const = 0;
  virtual socklen_t remote_size() const = 0;
  /// How many of the packets the relay's socket took, in order; nothing when it will never take them.
  virtual std::optional<std::size_t> send_relayed(const std::uint8_t* base, std::span<const WirePacket> packets) = 0;
};

/// The one system call of the hot path, replaceable so that tests can make it fail.
struct SocketCalls {
  int (*send_many)(void* context, int fd, mmsghdr* messages, unsigned count);
  void* context = nullptr;
};
SocketCalls kernel_calls();

class Sender {
 public:
  /// Packets waiting for the socket. One burst is at most 64; RTCP may come on top.
  static constexpr std::size_t pending_max = 128;

  /// `listener` hears on_packet_sent and on_writable. Both, and `traffic`, must outlive it.
  Sender(Loop& loop, PeerListener& listener, Traffic& traffic, SocketCalls calls = kernel_calls());

  /// The path that packets take from now on; nullptr: none. What is pending goes on over the new one.
  void set_route(DatagramRoute* route);
  bool has_route() const { return route_ != nullptr; }
  bool blocked() const { return !pending_.empty(); }

  /// Sends the burst and empties it, whatever comes of it.
  Sent send(Burst& burst);
  /// One datagram of its own (RTCP, DTLS). When the socket is full: kept if there is room, else dropped and counted.
  Sent send_one(BytesView datagram);
  /// Forgets what is pending: the path is gone and old media is worth nothing.
  void drop_pending();

 private:
  struct Outcome {
    std::size_t passed = 0;  ///< packets that are done: taken, or dropped by a hard error (then no longer `counted`)
    bool blocked = false;
  };
  Outcome transmit(const std::uint8_t* base, std::span<WirePacket> packets);
  Outcome transmit_relayed(const std::uint8_t* base, std::span<WirePacket> packets);
  Outcome transmit_direct(int fd, const std::uint8_t* base, std::span<WirePacket> packets);
  void count_sent(const WirePacket& packet);
  void keep(const std::uint8_t* base, std::span<const WirePacket> packets);
  void wait_writable();
  void resume();
  void report(std::span<const WirePacket> packets, Timestamp at);

  Loop& loop_;
  PeerListener& listener_;
  Traffic& traffic_;
  SocketCalls calls_;
  DatagramRoute* route_ = nullptr;
  bool gso_ = true;  ///< per path: a tunnel or an old kernel may refuse
  std::vector<WirePacket> pending_;
  Bytes pending_bytes_;
  Subscription writable_;
};

}  // namespace bigfoot::transport
