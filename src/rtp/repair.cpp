#include "rtp/repair.hpp"

#include <algorithm>

namespace bigfoot::rtp {
namespace {

constexpr Nanos rtt_max = 2s;
constexpr Nanos margin_min = 5ms;
constexpr Nanos retry_min = 10ms;
constexpr Nanos patience_min = 100ms;
constexpr Nanos patience_max = 1s;
constexpr Nanos late_most = 100ms;    // all timers of one hole together
constexpr Nanos reorder_max = 50ms;   // later than that is a repeat, or a path that changed
constexpr Nanos reorder_halves = 1s;  // and so is what was learned of it
constexpr Nanos order_wait = 20ms;    // without NACK
constexpr double ahead_per_second = 4;
constexpr double ahead_burst = 8;

}  // namespace

void Repair::set_path(Nanos rtt, Nanos jitter) {
  rtt_ = std::clamp(rtt, Nanos{0}, rtt_max);
  jitter_ = std::clamp(jitter, Nanos{0}, rtt_max);
}

Nanos Repair::retry() const {
  return std::max(rtt_ + std::clamp(2 * jitter_, margin_min, std::max(margin_min, rtt_ / 2)), retry_min);
}

Nanos Repair::patience() const {
  if (!nack_) return order_wait;
  return std::max({patience_min, std::min(4 * retry(), patience_max), 2 * retry()});
}

Nanos Repair::reorder_wait(Timestamp now) const {
  if (lateness_ == Nanos{0}) return Nanos{0};
  const auto halvings = std::max<std::int64_t>((now - lateness_at_) / reorder_halves, 0);
  const Nanos left = halvings > 20 ? Nanos{0} : lateness_ / (std::int64_t{1} << halvings);
  return left < 500us ? Nanos{0} : std::min(left, rtt_ / 2);
}

Timestamp Repair::due(const Hole& hole) const {
  if (!nack_) return hole.noticed + patience();
  return hole.asks == 0 ? hole.noticed + reorder_wait(hole.noticed) : hole.asked + retry();
}

/// As many as fit into the patience with exact timers, but not above four: at a short R the time counts, not the
/// rounds.
std::int64_t Repair::sure_rounds() const { return std::min<std::int64_t>(4, 1 + (patience() - rtt_) / retry()); }

bool Repair::may_ask(const Hole& hole, Timestamp now) const {
  if (!nack_) return false;
  if (hole.asks == 0) return true;
  const Nanos waited = now - hole.since;
  if (waited + rtt_ <= patience()) return true;
  return hole.rounds < sure_rounds() && waited <= hole.rounds * retry() + late_most;
}

std::vector<Repair::Hole>::iterator Repair::find(std::int64_t number) {
  return std::ranges::lower_bound(missing_, number, {}, &Hole::number);
}
std::vector<Repair::Hole>::const_iterator Repair::find(std::int64_t number) const {
  return std::ranges::lower_bound(missing_, number, {}, &Hole::number);
}

void Repair::miss(std::int64_t number, Timestamp now) {
  Hole hole{.number = number, .noticed = now};
  if (ahead_ && ahead_->number == number) {
    // What was asked need not be asked again so soon, but the time to wait for it begins now: before, nobody knew that
    // it was sent at all.
    hole = *ahead_;
    hole.noticed = hole.since = now;
    hole.rounds = 1;
    ahead_.reset();
  }
  missing_.push_back(hole);
}

void Repair::learn_order(const Hole& hole, Timestamp arrival) {
  const Nanos late = arrival - hole.noticed;
  // Where repeats come on the stream's own SSRC (no RTX) they look like this, a round trip after the ask.
  if (hole.asks > 0 && arrival - hole.asked >= rtt_ * 3 / 4) return;
  ++stats_.reordered;
  if (late < Nanos{0} || late > reorder_max) return;
  lateness_ = std::max(reorder_wait(arrival), late * 5 / 4);
  lateness_at_ = arrival;
}

void Repair::learn_rtt(const Hole& hole, Timestamp arrival) {
  ++stats_.repaired;
  if (hole.asks != 1) return;
  const Nanos round = std::clamp(arrival - hole.asked, Nanos{0}, rtt_max);
  measured_ = measured_ ? *measured_ + (round - *measured_) / 8 : round;
}

void Repair::came(std::int64_t number, bool repeat, Timestamp arrival) {
  if (ahead_ && ahead_->number <= number) {
    if (ahead_->number == number && repeat) {
      learn_rtt(*ahead_, arrival);
      ahead_left_ = std::min(ahead_left_ + 1, ahead_burst);
    } else if (ahead_->number == number) {
      ++stats_.ahead_missed;
    }
    ahead_.reset();
    return;
  }
  const auto hole = find(number);
  if (hole == missing_.end() || hole->number != number) return;
  if (repeat)
    learn_rtt(*hole, arrival);
  else
    learn_order(*hole, arrival);
  missing_.erase(hole);
}

void Repair::forget_before(std::int64_t number) {
  missing_.erase(missing_.begin(), find(number));
  if (ahead_ && ahead_->number < number) ahead_.reset();
}

void Repair::clear() {
  missing_.clear();
  ahead_.reset();
}

void Repair::ask(Hole& hole, Timestamp now, std::vector<std::uint16_t>& out) {
  if (hole.asks++ > 0) ++stats_.asked_again;
  hole.asked = now;
  if (hole.rounds++ == 0) hole.since = now;
  ++stats_.asked;
  out.push_back(static_cast<std::uint16_t>(hole.number));
}

void Repair::step(Timestamp now, std::vector<std::uint16_t>& out) {
  for (Hole& hole : missing_) {
    if (hole.lost || now < due(hole)) continue;
    if (may_ask(hole, now)) {
      ask(hole, now, out);
    } else {
      hole.lost = true;
      ++stats_.lost;
    }
  }
}

std::optional<Timestamp> Repair::ask_ahead(std::int64_t number, bool again, Timestamp overdue, Timestamp now,
                                           std::vector<std::uint16_t>& out) {
  if (!nack_) return std::nullopt;
  if (!ahead_ || ahead_->number != number) {
    const Timestamp at = overdue + reorder_wait(now);
    if (now < at) return at;
    const double gained = ahead_filled_ ? to_seconds(now - *ahead_filled_) * ahead_per_second : ahead_burst;
    ahead_filled_ = now;
    ahead_left_ = std::min(ahead_left_ + gained, ahead_burst);
    if (ahead_left_ < 1) return std::nullopt;  // the next packet will tell
    ahead_left_ -= 1;
    ahead_ = Hole{.number = number, .noticed = now};
    ++stats_.asked_ahead;
    ask(*ahead_, now, out);
  } else if (again && now >= due(*ahead_) && may_ask(*ahead_, now)) {
    ask(*ahead_, now, out);
  }
  const Timestamp next = due(*ahead_);
  if (!again || next <= now || !may_ask(*ahead_, next)) return std::nullopt;
  return next;
}

std::optional<std::int64_t> Repair::lost() const {
  if (missing_.empty() || !missing_.front().lost) return std::nullopt;
  return missing_.front().number;
}

bool Repair::awaited(std::int64_t number) const {
  const auto hole = find(number);
  return hole != missing_.end() && hole->number == number && !hole->lost;
}

std::optional<Timestamp> Repair::next_due() const {
  std::optional<Timestamp> first;
  for (const Hole& hole : missing_)
    if (!hole.lost && (!first || due(hole) < *first)) first = due(hole);
  return first;
}

}  // namespace bigfoot::rtp
