#include "view/playout.hpp"

#include <algorithm>

namespace bigfoot::view {
namespace {

Nanos media_time(std::int64_t ticks) {
  // Two steps, or hours of ticks times 10^9 leave 64 bits.
  return Seconds(ticks / 90'000) + Nanos(ticks % 90'000 * 1'000'000'000 / 90'000);
}

}  // namespace

void Playout::reset() { fastest_ = {}; }

/// How much earlier than now the fastest frame would have been here in this one's place; ≥ 0.
Nanos Playout::lead_of(std::int64_t ticks, Timestamp now) {
  const Nanos transit = now.time_since_epoch() - media_time(ticks);
  const auto least = [&] { return std::min(fastest_[0].value_or(Nanos::max()), fastest_[1].value_or(Nanos::max())); };
  if (!fastest_[0] || transit > least() + leap) {
    fastest_ = {transit, std::nullopt};
    window_began_ = now;
  } else if (now - window_began_ >= window) {
    fastest_ = {transit, fastest_[0]};
    window_began_ = now;
  }
  fastest_[0] = std::min(*fastest_[0], transit);
  return transit - least();
}

Playout::Decision Playout::next(std::int64_t ticks, Timestamp now, std::size_t newer) {
  if (smooth_ == Nanos{0}) return {newer < overtaken_by, now};
  const Nanos lead = lead_of(ticks, now);
  const bool late = lead > smooth_;
  const Timestamp at = std::max(last_at_, late ? now : now + smooth_ - lead);
  last_at_ = at;
  return {!(late && newer > 0), at};
}

}  // namespace bigfoot::view
