#pragma once
// What a sender tells of itself over the data channel `clock` (docs/clock.md): its clock, by pings, and where its
// pictures spend their time.

#include <optional>

#include "base/loop.hpp"
#include "latency/clock_estimator.hpp"
#include "transport/peer_connection.hpp"
#include "view/sender_stages.hpp"

namespace bigfoot::view {

/// Loop thread.
class SenderClock final : private transport::ChannelListener {
 public:
  explicit SenderClock(Loop& loop) : loop_(loop), pings_(loop.now()) {}

  /// After set_remote. A sender that does not know the channel gives no answers, and nothing is known here.
  [[nodiscard]] Result<> open(transport::PeerConnection& peer, const sdp::RemoteData& remote);

  std::optional<latency::ClockEstimate> estimate() const { return pings_.estimate(loop_.now()); }
  std::optional<Nanos> rtt() const { return pings_.rtt(); }
  /// Of the camera of this m-line.
  std::optional<latency::SenderStages> stages(std::size_t m_line) const { return stages_.of(m_line, loop_.now()); }

 private:
  void on_channel_open(transport::DataChannel& channel) override;
  void on_channel_message(transport::DataChannel& channel, BytesView message, transport::MessageKind kind) override;
  void on_channel_writable(transport::DataChannel&) override {}
  void on_channel_closed(transport::DataChannel& channel) override;
  void on_channels_failed(const Error& error) override;

  void ask();
  bool send(const Bytes& message);

  Loop& loop_;
  latency::ClockEstimator pings_;
  SenderStages stages_;
  transport::DataChannel* channel_ = nullptr;
  Subscription due_;
};

}  // namespace bigfoot::view
