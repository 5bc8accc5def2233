#include "view/sender_clock.hpp"

#include <algorithm>

namespace bigfoot::view {

Result<> SenderClock::open(transport::PeerConnection& peer, const sdp::RemoteData& remote) {
  auto channels = peer.open_channels(remote, *this);
  if (!channels) return tl::unexpected<Error>(channels.error());
  transport::ChannelOptions options;
  options.label = std::string(latency::clock_channel);
  options.ordered = false;
  options.max_retransmits = 0;
  auto channel = (*channels)->open(options);
  if (!channel) return tl::unexpected<Error>(channel.error());
  channel_ = *channel;
  return {};
}

void SenderClock::on_channel_open(transport::DataChannel& channel) {
  if (&channel == channel_) return ask();
  if (channel.opened_by_peer()) channel.close();  // we want no other
}

void SenderClock::ask() {
  if (channel_ == nullptr) return;
  const Timestamp now = loop_.now();
  if (const auto ping = pings_.ask(now); ping && !send(latency::write_clock_message(*ping))) return;
  if (const auto question = stages_.ask(now); question && !send(*question)) return;
  due_ = loop_.after(std::max<Nanos>(pings_.next_due() - now, 1ms), [this] { ask(); });
}

/// False: too much waits, or it was closed; the end of the channels is told.
bool SenderClock::send(const Bytes& message) {
  return channel_->send(BytesView(message.data(), message.size()), transport::MessageKind::binary).has_value();
}

void SenderClock::on_channel_message(transport::DataChannel& channel, BytesView message, transport::MessageKind) {
  if (&channel != channel_) return;
  stages_.on_message(message, loop_.now());
  const auto read = latency::read_clock_message(message);
  if (!read) return;
  const auto* pong = std::get_if<latency::ClockPong>(&*read);
  if (pong == nullptr) return;
  if (pings_.on_pong(*pong, loop_.now()) == latency::PongVerdict::restarted) ask();
}

void SenderClock::on_channel_closed(transport::DataChannel& channel) {
  if (&channel != channel_) return;
  channel_ = nullptr;
  due_.reset();
}

void SenderClock::on_channels_failed(const Error&) {
  channel_ = nullptr;
  due_.reset();
}

}  // namespace bigfoot::view
