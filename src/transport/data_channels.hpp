#pragma once
// The data channels of one PeerConnection (RFC 8831): a channel is a pair of SCTP streams of one number, opened by
// DCEP, closed by resetting both. A peer may be hostile: how many channels, how long a message, how much waits, how
// often it opens, all is bounded. Loop thread only.

#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "sdp/transport.hpp"
#include "transport/dcep.hpp"
#include "transport/sctp.hpp"

namespace bigfoot::transport {

class DataChannels;

/// As browsers tell them apart: a text is UTF-8 by promise of its sender; nobody checked.
enum class MessageKind { text, binary };

/// One channel. Owned by its DataChannels: valid until on_channel_closed, on_channels_failed, or the end of its
/// PeerConnection; after close() until the next turn of the loop.
class DataChannel {
 public:
  const ChannelOptions& options() const { return options_; }
  const std::string& label() const { return options_.label; }
  /// The number of both streams.
  std::uint16_t id() const { return id_; }
  bool opened_by_peer() const { return by_peer_; }
  /// The peer knows the channel. Messages may be sent before: they wait, in order.
  bool open() const { return open_; }

  /// Errors, by what they name: the channel is closed; the message is longer than the peer (or we) take; too much waits
  /// already (ChannelLimits::queue): nothing of it is sent then.
  [[nodiscard]] Result<> send(BytesView message, MessageKind kind);
  [[nodiscard]] Result<> send(std::string_view text);
  /// Bytes that wait for room in SCTP; up to SctpConfig::send_buffer more are on their way.
  std::size_t buffered() const { return buffered_; }
  /// Sends what waits, then closes. The channel says nothing more.
  void close();

 private:
  friend class DataChannels;
  DataChannel(DataChannels* owner, std::uint16_t id, ChannelOptions options, bool by_peer)
      : owner_(owner), id_(id), options_(std::move(options)), by_peer_(by_peer) {}

  DataChannels* owner_;  ///< nullptr when closed
  std::uint16_t id_;
  ChannelOptions options_;
  bool by_peer_;
  bool open_ = false;
  std::size_t buffered_ = 0;
};

class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  /// The peer opened this channel (opened_by_peer), or knows the one that we opened. To refuse it: close() it.
  virtual void on_channel_open(DataChannel& channel) = 0;
  /// Valid during the call only.
  virtual void on_channel_message(DataChannel& channel, BytesView message, MessageKind kind) = 0;
  /// buffered() was more than nothing, and is nothing again.
  virtual void on_channel_writable(DataChannel& channel) = 0;
  /// The peer closed it.
  virtual void on_channel_closed(DataChannel& channel) = 0;
  /// All channels are over, the connection and its media are not: the peer ended SCTP or broke a limit.
  virtual void on_channels_failed(const Error& error) = 0;
};

struct ChannelLimits {
  std::size_t channels = 32;        ///< open at a time, ours and the peer's; at most 64 each
  std::size_t message = 64 * 1024;  ///< bytes, either way; what our SDP says as a=max-message-size
  std::size_t queue = 1024 * 1024;  ///< bytes that wait to be sent, all channels together
  std::size_t opens_at_once = 32;   ///< channels that the peer may open in one go …
  Nanos open_again = 100ms;         ///< … and then one in this time
  std::size_t refusals = 256;       ///< opens refused (too many, too fast, malformed) that end all channels
};

struct ChannelCounts {
  std::uint64_t opened_by_peer = 0, refused = 0;
  std::uint64_t messages_sent = 0, messages_received = 0;
  std::uint64_t messages_dropped = 0;  ///< received on no channel, or of a kind that is none of WebRTC's
  std::uint64_t packets_refused = 0;   ///< no SCTP that data channels need
};

class DataChannels {
 public:
  /// `dtls_client`: which numbers are ours (RFC 8832 6). `remote`: the peer's SDP. `listener` must outlive it.
  DataChannels(Loop& loop, bool dtls_client, const sdp::RemoteData& remote, const ChannelLimits& limits,
               ChannelListener& listener, Sctp::Output output, Log log);
  ~DataChannels();
  DataChannels(const DataChannels&) = delete;
  DataChannels& operator=(const DataChannels&) = delete;

  /// DTLS is up: packets may go.
  void start();
  /// A packet that came through DTLS.
  void receive(BytesView packet);
  /// Tells the peer, frees everything; no callback follows.
  void close();

  /// A channel that the peer is told of once SCTP is up; until then its messages wait. Errors: closed, too many
  /// channels, a label or protocol that is too long.
  [[nodiscard]] Result<DataChannel*> open(const ChannelOptions& options);
  /// SCTP is up.
  bool connected() const;
  /// Channels that are open or opening, ours and the peer's.
  std::size_t size() const;
  /// The longest message that send() takes.
  std::size_t message_max() const;
  ChannelCounts counts() const;

 private:
  friend class DataChannel;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::transport
