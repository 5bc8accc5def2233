#include "latency/clock_estimator.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::latency {
namespace {

Nanos drift_over(Nanos span) { return std::max(span, 0ns) / ClockEstimator::drift_part; }

}  // namespace

std::optional<ClockPing> ClockEstimator::ask(Timestamp now) {
  if (now < next_due_) return std::nullopt;
  fast_left_ = std::max(fast_left_ - 1, 0);
  next_due_ = now + (fast_left_ > 0 ? fast_interval : interval);
  const ClockPing ping{next_id_++};
  questions_[ping.id % questions_max] = {ping.id, now};
  return ping;
}

std::optional<Timestamp> ClockEstimator::take_question(std::uint32_t id) {
  Question& question = questions_[id % questions_max];
  if (question.id != id) return std::nullopt;
  return std::exchange(question.asked, std::nullopt);
}

// Age counts from the question on: the offset may have drifted within the round trip, too.
Nanos ClockEstimator::error_of(const Sample& sample, Timestamp now) {
  return sample.rtt / 2 + resolution + drift_over(now - sample.asked);
}

PongVerdict ClockEstimator::on_pong(const ClockPong& pong, Timestamp arrived) {
  const auto asked = take_question(pong.id);
  if (!asked || arrived < *asked || pong.sent < pong.received) return PongVerdict::ignored;
  const Nanos elapsed = arrived - *asked;
  const Nanos rtt = elapsed - (pong.sent - pong.received);
  // Nobody takes longer to answer than we wait; but its seconds may be shorter than ours.
  if (rtt < -(2 * resolution + drift_over(elapsed))) return PongVerdict::ignored;
  const Nanos upper = pong.received.time_since_epoch() - asked->time_since_epoch();
  const Nanos lower = pong.sent.time_since_epoch() - arrived.time_since_epoch();
  const Sample sample{*asked, lower + (upper - lower) / 2, std::max(rtt, 0ns)};
  const auto known = estimate(arrived);
  const bool agrees =
      !known || std::chrono::abs(sample.offset - known->offset) <= error_of(sample, arrived) + known->error;
  if (!agrees) restart(pong.id, arrived);
  keep(sample, arrived);
  return agrees ? PongVerdict::taken : PongVerdict::restarted;
}

// What was asked before this question may have been answered by the clock as it was.
void ClockEstimator::restart(std::uint32_t id, Timestamp now) {
  samples_.clear();
  for (Question& question : questions_)
    if (static_cast<std::int32_t>(question.id - id) < 0) question.asked.reset();
  ++restarts_;
  fast_left_ = fast_pings;
  next_due_ = std::min(next_due_, now + fast_interval);
}

// All errors grow alike, so a sample that is no better than a newer one never will be again.
void ClockEstimator::keep(const Sample& sample, Timestamp now) {
  while (!samples_.empty() && error_of(samples_.back(), now) >= error_of(sample, now)) samples_.pop_back();
  samples_.push_back(sample);
  while (samples_.size() > 1 && now - samples_.front().asked > window) samples_.pop_front();
}

std::optional<ClockEstimate> ClockEstimator::estimate(Timestamp now) const {
  if (samples_.empty()) return std::nullopt;
  return ClockEstimate{samples_.front().offset, error_of(samples_.front(), now), false};
}

std::optional<Nanos> ClockEstimator::rtt() const {
  if (samples_.empty()) return std::nullopt;
  return samples_.front().rtt;  // nobody's is shorter: a newer one would have taken its place
}

}  // namespace bigfoot::latency
