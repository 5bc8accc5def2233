#include "latency/clock_answers.hpp"

#include "latency/clock_message.hpp"

namespace bigfoot::latency {

bool ClockAnswers::may_answer(Timestamp now) {
  const auto gained = (now - refilled_) / answer_every;
  if (left_ + gained >= burst) {
    left_ = burst;
    refilled_ = now;
  } else {
    left_ += static_cast<int>(gained);
    refilled_ += gained * answer_every;
  }
  if (left_ == 0) return false;
  --left_;
  return true;
}

std::optional<Bytes> ClockAnswers::answer(BytesView message, Timestamp received, Timestamp now) {
  const auto read = read_clock_message(message);
  if (!read || !std::holds_alternative<ClockPing>(*read) || !may_answer(now)) return std::nullopt;
  const auto by_our_clock = [this](Timestamp time) { return to_peer_time(wall_.at(time)); };
  return write_clock_message(ClockPong{std::get<ClockPing>(*read).id, by_our_clock(received), by_our_clock(now)});
}

}  // namespace bigfoot::latency
