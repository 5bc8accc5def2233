#include "congestion/keyframe_policy.hpp"

#include <algorithm>

namespace bigfoot::congestion {

void KeyframePolicy::on_request(Timestamp, bool leader, Nanos rtt) {
  if (!leader) {
    others_wait_ = true;
    return;
  }
  leader_waits_ = true;
  leader_rtt_ = rtt;
}

void KeyframePolicy::refill(Timestamp now) {
  if (tokens_ >= limits_.burst) {
    refilled_ = now;
    return;
  }
  const auto gained = (now - refilled_) / limits_.refill;
  tokens_ = static_cast<int>(std::min<std::int64_t>(limits_.burst, tokens_ + gained));
  refilled_ += gained * limits_.refill;
}

KeyframePolicy::Step KeyframePolicy::ask(Timestamp now) {
  asked_ = now;
  return {.ask_now = true, .wake = now + limits_.patience};
}

KeyframePolicy::Step KeyframePolicy::step(Timestamp now) {
  refill(now);
  if (!leader_waits_ && !others_wait_) return {};
  if (asked_) {
    // The key frame on its way serves whoever asks meanwhile. It may have been asked of an encoder that was just
    // restarting, so it is not waited for without end; asking again costs nobody a token.
    if (now - *asked_ >= limits_.patience) return ask(now);
    return {.ask_now = false, .wake = *asked_ + limits_.patience};
  }
  std::optional<Timestamp> wake;
  if (leader_waits_) {
    const Timestamp due = leader_asked_ ? *leader_asked_ + std::max(limits_.leader_interval, leader_rtt_) : now;
    if (due <= now) {
      leader_asked_ = now;
      return ask(now);
    }
    wake = due;
  }
  if (others_wait_) {
    if (tokens_ > 0) {
      --tokens_;
      return ask(now);
    }
    const Timestamp due = refilled_ + limits_.refill;
    wake = wake ? std::min(*wake, due) : due;
  }
  return {.ask_now = false, .wake = wake};
}

void KeyframePolicy::on_keyframe(Timestamp) { nobody_waits(); }
void KeyframePolicy::on_sleep() { nobody_waits(); }

void KeyframePolicy::nobody_waits() {
  leader_waits_ = others_wait_ = false;
  asked_.reset();
}

}  // namespace bigfoot::congestion
