#include "robot/peer.hpp"

namespace bigfoot::robot {
namespace {

/// A viewer says and hears little here: its clock's pings and their answers.
constexpr transport::ChannelLimits channel_limits{.channels = 8, .message = channel_message_max, .queue = 16 * 1024};

class TransportPeer final : public Peer, private transport::ChannelListener {
 public:
  TransportPeer(Loop& loop, const transport::IceConfig& ice, const transport::Certificate& certificate,
                transport::PeerListener& listener, const Log& log)
      : connection_(loop, ice, certificate, listener, log) {}

  Result<> start(bool controlling) override { return connection_.start(controlling); }
  sdp::LocalTransport local() const override { return connection_.local(); }
  Result<> set_remote(const sdp::RemoteTransport& remote) override { return connection_.set_remote(remote); }
  void add_remote_candidate(const sdp::Candidate& candidate) override { connection_.add_remote_candidate(candidate); }
  Result<> restart_ice() override { return connection_.restart_ice(); }
  void new_path() override { connection_.new_path(); }

  std::uint8_t* reserve(std::size_t size_max) override { return connection_.reserve(size_max); }
  void commit(std::size_t size, std::optional<std::uint16_t> transport_sequence) override {
    connection_.commit(size, transport_sequence);
  }
  transport::Sent flush() override { return connection_.flush(); }
  bool writable() const override { return connection_.writable(); }
  transport::Sent send_rtcp(BytesView packet) override { return connection_.send_rtcp(packet); }

  Result<> open_channels(const sdp::RemoteData& remote, ChannelUser& user) override {
    channel_user_ = &user;
    const auto opened = connection_.open_channels(remote, *this, channel_limits);
    if (!opened) return tl::unexpected<Error>(opened.error());
    return {};
  }

  void close() override { connection_.close(); }
  std::optional<transport::PathInfo> path() const override { return connection_.path(); }
  const transport::Traffic& traffic() const override { return connection_.traffic(); }

 private:
  void on_channel_open(transport::DataChannel& channel) override {
    if (!channel_user_->wants_channel(channel.label())) channel.close();
  }
  void on_channel_message(transport::DataChannel& channel, BytesView message, transport::MessageKind) override {
    const auto answer = channel_user_->on_channel_message(channel.label(), message);
    if (answer && channel.buffered() == 0) (void)channel.send(*answer, transport::MessageKind::binary);
  }
  void on_channel_writable(transport::DataChannel&) override {}
  void on_channel_closed(transport::DataChannel&) override {}
  void on_channels_failed(const Error&) override {}  // the media goes on; who closed them has said it

  ChannelUser* channel_user_ = nullptr;
  transport::PeerConnection connection_;
};

}  // namespace

PeerMaker transport_peers(Loop& loop, const transport::IceConfig& ice, const transport::Certificate& certificate) {
  return [&loop, &ice, &certificate](transport::PeerListener& listener, Nanos connect_max, const Log& log) {
    transport::IceConfig config = ice;
    config.deadlines.connect = connect_max;
    return std::make_unique<TransportPeer>(loop, config, certificate, listener, log);
  };
}

}  // namespace bigfoot::robot
