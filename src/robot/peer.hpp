#pragma once
// A viewer's transport as its session sees it. In the program it is transport::PeerConnection; a unit test brings one
// without sockets.

#include <functional>
#include <memory>
#include <optional>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "sdp/transport.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::robot {

/// The longest message that we take on a data channel, as our SDP says it. Bytes.
inline constexpr std::size_t channel_message_max = 1024;

/// Who hears what a viewer says on its data channels.
class ChannelUser {
 public:
  virtual ~ChannelUser() = default;
  /// The viewer opened a channel of this label; one that nobody wants is closed.
  virtual bool wants_channel(const std::string& label) = 0;
  /// What comes back is sent on the same channel, unless something waits there already: then it is dropped.
  virtual std::optional<Bytes> on_channel_message(const std::string& label, BytesView message) = 0;
};

/// Every member means what it means in transport::PeerConnection, but that channels are only opened by the viewer.
class Peer {
 public:
  virtual ~Peer() = default;

  [[nodiscard]] virtual Result<> start(bool controlling) = 0;
  virtual sdp::LocalTransport local() const = 0;
  [[nodiscard]] virtual Result<> set_remote(const sdp::RemoteTransport& remote) = 0;
  virtual void add_remote_candidate(const sdp::Candidate& candidate) = 0;
  [[nodiscard]] virtual Result<> restart_ice() = 0;
  virtual void new_path() = 0;

  virtual std::uint8_t* reserve(std::size_t size_max) = 0;
  virtual void commit(std::size_t size, std::optional<std::uint16_t> transport_sequence) = 0;
  virtual transport::Sent flush() = 0;
  virtual bool writable() const = 0;
  virtual transport::Sent send_rtcp(BytesView packet) = 0;

  /// `user` must outlive the peer.
  [[nodiscard]] virtual Result<> open_channels(const sdp::RemoteData& remote, ChannelUser& user) = 0;

  virtual void close() = 0;
  virtual std::optional<transport::PathInfo> path() const = 0;
  virtual const transport::Traffic& traffic() const = 0;
};

/// Makes the transport of one more viewer. It fails by itself, in words, when it is not connected `connect_max` after
/// its start.
using PeerMaker =
    std::function<std::unique_ptr<Peer>(transport::PeerListener& listener, Nanos connect_max, const Log& log)>;

/// Real ones. Everything borrowed must outlive the peers made; `ice` is copied at each making.
PeerMaker transport_peers(Loop& loop, const transport::IceConfig& ice, const transport::Certificate& certificate);

}  // namespace bigfoot::robot
