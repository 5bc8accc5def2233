#pragma once
// How old a picture is, from capture until it is shown: the arithmetic, the words and the colour. The page says the
// same of the same (web/js/latency.js, web/js/words.js): tests/conformance/clock/delays.json holds both.

#include <optional>
#include <string>
#include <string_view>

#include "latency/clock_estimate.hpp"

namespace bigfoot::latency {

struct Delay {
  Nanos value{0};
  Nanos error{0};  ///< of the clock: the true delay lies within ± this, unless it is estimated
  bool estimated = false;
  bool operator==(const Delay&) const = default;
};

/// Longer than this it is two clocks that disagree, not a delay.
inline constexpr Nanos delay_max = 60s;

/// Of a picture that was captured by the sender's clock, and shown by ours; never below 0. Nothing when it would have
/// been shown before it was captured by more than the clocks may be wrong, or be older than delay_max.
std::optional<Delay> delay_of(PeerTime captured, Timestamp shown, const ClockEstimate& clock);

/// `84 ms`; `84 ± 25 ms` by a clock that is known worse than clock_error_weak; `≈ 84 ms` estimated; `—` not known. The
/// error is rounded up.
std::string delay_words(const std::optional<Delay>& delay);

/// For somebody who steers.
enum class DelayGrade { good, slow, bad };
inline constexpr Millis delay_slow = 150ms;
inline constexpr Millis delay_bad = 250ms;

/// By the milliseconds as delay_words() shows them.
DelayGrade grade_of(const Delay& delay);
constexpr std::string_view to_string(DelayGrade grade) {
  switch (grade) {
    case DelayGrade::good: return "good";
    case DelayGrade::slow: return "slow";
    case DelayGrade::bad: return "bad";
  }
  return "bad";
}
/// `#rrggbb`, as the page has it on a dark ground: `--live`, `--busy`, `--alarm` of web/css/base.css.
std::string_view colour_of(DelayGrade grade);

}  // namespace bigfoot::latency
