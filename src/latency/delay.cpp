#include "latency/delay.hpp"

#include <algorithm>

namespace bigfoot::latency {
namespace {

/// Half a millisecond is rounded up, as JavaScript's Math.round does.
Millis shown_millis(const Delay& delay) { return std::chrono::floor<Millis>(delay.value + 500us); }

}  // namespace

std::optional<Delay> delay_of(PeerTime captured, Timestamp shown, const ClockEstimate& clock) {
  const Nanos value = clock.theirs(shown) - captured;
  if (value < -clock.error || value > delay_max) return std::nullopt;
  return Delay{std::max(value, 0ns), clock.error, clock.estimated};
}

std::string delay_words(const std::optional<Delay>& delay) {
  if (!delay) return "—";
  const std::string number = std::to_string(shown_millis(*delay).count());
  if (delay->estimated) return "≈ " + number + " ms";
  if (delay->error <= clock_error_weak) return number + " ms";
  return number + " ± " + std::to_string(std::chrono::ceil<Millis>(delay->error).count()) + " ms";
}

DelayGrade grade_of(const Delay& delay) {
  const Millis shown = shown_millis(delay);
  if (shown >= delay_bad) return DelayGrade::bad;
  return shown >= delay_slow ? DelayGrade::slow : DelayGrade::good;
}

std::string_view colour_of(DelayGrade grade) {
  switch (grade) {
    case DelayGrade::good: return "#46d07c";
    case DelayGrade::slow: return "#f0b040";
    case DelayGrade::bad: return "#ff5a52";
  }
  return "#ff5a52";
}

}  // namespace bigfoot::latency
