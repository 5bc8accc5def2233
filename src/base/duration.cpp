#include "base/duration.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace bigfoot {

Result<Nanos> parse_duration(std::string_view text, std::string_view bare_unit) {
  double number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view written = text.substr(static_cast<std::size_t>(end - text.data()));
  const std::string_view unit = written.empty() ? bare_unit : written;
  const double scale = unit == "ms" ? 1e6 : unit == "s" ? 1e9 : 0;
  if (error != std::errc() || scale == 0 || !(number >= 0) || std::signbit(number) || number * scale > 86'400e9)
    return fail("\"" + std::string(text) + "\" is not a time", "write it like 50ms or 1.5s");
  return Nanos(std::llround(number * scale));
}

std::string duration_text(Nanos duration) {
  const bool seconds = duration >= 1s && duration % 100ms == 0ms;
  char text[32];
  std::snprintf(text, sizeof text, "%.9g%s", seconds ? to_seconds(duration) : to_millis(duration),
                seconds ? "s" : "ms");
  return text;
}

std::string seconds_text(Nanos duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", to_seconds(duration));
  return text;
}

std::string age_text(Nanos age) {
  const auto whole = [&](Nanos unit, const char* name) { return std::to_string(age / unit) + " " + name; };
  if (age < 10s) return seconds_text(age / 100ms * Nanos(100ms));
  if (age < 2min) return whole(1s, "s");
  return age < 2h ? whole(1min, "min") : whole(1h, "h");
}

}  // namespace bigfoot
