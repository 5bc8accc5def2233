#pragma once
// A time as people write it: 50ms, 1s, 1.5s. Pure.

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace bigfoot {

/// Not negative, at most a day. A number alone is in `bare_unit`, ms or s. Errors: no number, no unit, another one.
[[nodiscard]] Result<Nanos> parse_duration(std::string_view text, std::string_view bare_unit = "");
/// As parse_duration() reads it, to the microsecond.
std::string duration_text(Nanos duration);
/// In a sentence: `0.3 s`, `15.0 s`.
std::string seconds_text(Nanos duration);
/// How old something is, never more than it is and as the page has it: `0.8 s`, `12 s`, `3 min`, `3 h`.
std::string age_text(Nanos age);

}  // namespace bigfoot
