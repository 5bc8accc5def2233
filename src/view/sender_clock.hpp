#pragma once
// The sender's clock in one session, by pings over the data channel `clock` (docs/clock.md).

#include <optional>

#include "base/loop.hpp"
#include "latency/clock_estimator.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::view {

/// Loop thread.
class SenderClock final : private transport::ChannelListener {
 public:
  explicit SenderClock(Loop& loop) : loop_(loop), pings_(loop.now()) {}

  /// After set_remote. A sender that does not know the channel gives no answers, and nothing is known here.
  [[nodiscard]] Result<> open(transport::PeerConnection& peer, const sdp::RemoteData& remote);

  std::optional<latency::ClockEstimate> estimate() const { return pings_.estimate(loop_.now()); }
  std::optional<Nanos> rtt() const { return pings_.rtt(); }

 private:
  void on_channel_open(transport::DataChannel& channel) override;
  void on_channel_message(transport::DataChannel& channel, BytesView message, transport::MessageKind kind) override;
  void on_channel_writable(transport::DataChannel&) override {}
  void on_channel_closed(transport::DataChannel& channel) override;
  void on_channels_failed(const Error& error) override;

  void ask();

  Loop& loop_;
  latency::ClockEstimator pings_;
  transport::DataChannel* channel_ = nullptr;
  Subscription due_;
};

}  // namespace bigfoot::view
