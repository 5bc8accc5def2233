#include "robot/clock_channel.hpp"

#include "latency/clock_message.hpp"

namespace bigfoot::robot {

bool ClockChannel::wants_channel(const std::string& label) { return label == latency::clock_channel; }

std::optional<Bytes> ClockChannel::on_channel_message(const std::string&, BytesView message) {
  const Timestamp received = loop_.now();
  return answers_.answer(message, received, loop_.now());
}

}  // namespace bigfoot::robot
