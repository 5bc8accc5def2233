#include "robot/clock_channel.hpp"

#include "latency/clock_message.hpp"

namespace bigfoot::robot {

bool ClockChannel::wants_channel(const std::string& label) { return label == latency::clock_channel; }

std::optional<Bytes> ClockChannel::on_channel_message(const std::string&, BytesView message) {
  const Timestamp received = loop_.now();
  if (const auto question = latency::read_stages_question(message)) return tell_stages(*question, received);
  return answers_.answer(message, received, loop_.now());
}

std::optional<Bytes> ClockChannel::tell_stages(const latency::StagesQuestion& question, Timestamp now) {
  if (stages_told_ && now < *stages_told_ + stages_every) return std::nullopt;
  stages_told_ = now;
  return latency::write_stages_answer({question.id, stages_()});
}

}  // namespace bigfoot::robot
