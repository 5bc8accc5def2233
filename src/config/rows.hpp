#pragma once
// The kinds of rows that tables are made of. The place of a row must outlive its table.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "config/listen_address.hpp"
#include "config/table.hpp"

namespace bigfoot::config {

/// "a,b,c", as the environment has lists.
template <class T, class Show>
std::string joined(const std::vector<T>& values, Show show) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ",") + show(value);
  return text;
}

/// One value: `read` is std::string → Result<T>, `show` is T → std::string, as `read` would take it (secrets left out).
template <class T, class Read, class Show>
Option single(std::string key, std::string value_name, std::string help, T& place, Read read, Show show) {
  Option option{std::move(key), std::move(value_name), std::move(help), {}, {}};
  option.set = [&place, read](const std::string& text, const Origin&) -> Result<> {
    auto value = read(text);
    if (!value) return tl::unexpected<Error>(value.error());
    place = std::move(*value);
    return {};
  };
  option.get = [&place, show] { return show(place); };
  return option;
}

/// A list, whose values come one by one. `flag` names one of them, where `key` names all.
template <class T, class Read, class Show>
Option several(std::string key, std::string flag, std::string value_name, std::string help, std::vector<T>& place,
               Read read, Show show) {
  Option option{std::move(key), std::move(value_name), std::move(help), {}, {}};
  option.set = [&place, read](const std::string& text, const Origin&) -> Result<> {
    auto value = read(text);
    if (!value) return tl::unexpected<Error>(value.error());
    place.push_back(std::move(*value));
    return {};
  };
  option.get = [&place, show] { return joined(place, show); };
  option.clear = [&place] { place.clear(); };
  option.flag = std::move(flag);
  return option;
}

// Rows for the common kinds of place.
Option text(std::string key, std::string value_name, std::string help, std::string& place);
Option whole(std::string key, std::string value_name, std::string help, int& place, int least, int most);
/// `2`, `0.5`; with a unit as parse_duration() takes it.
Option seconds(std::string key, std::string help, Nanos& place);
Option bitrate(std::string key, std::string help, Bitrate& place);
/// `2M`, `300k-2M-4M` or in the file `{min: 300k, start: 2M, max: 4M}`, of which each may be left out.
Option bitrate_range(std::string key, std::string help, BitrateRange& place);
Option size(std::string key, std::string help, Size& place);
Option frame_rate(std::string key, std::string help, FrameRate& place);
Option toggle(std::string key, std::string help, bool& place);
Option list(std::string key, std::string flag, std::string value_name, std::string help,
            std::vector<std::string>& place);
Option listen_address(std::string key, std::string help, ListenAddress& place);
/// Nothing: nobody listens.
Option listen_address(std::string key, std::string help, std::optional<ListenAddress>& place);

/// One of a few words.
template <class Enum>
Option choice(std::string key, std::string help, Enum& place, std::vector<std::pair<std::string, Enum>> words) {
  std::string names;
  for (const auto& [word, value] : words) names += (names.empty() ? "" : "|") + word;
  Option option{std::move(key), names, std::move(help), {}, {}};
  for (const auto& [word, value] : words) option.choices.push_back(word);
  option.get = [&place, words] {
    for (const auto& [word, value] : words)
      if (value == place) return word;
    return std::string();
  };
  option.set = [&place, words, names](const std::string& value, const Origin&) -> Result<> {
    for (const auto& [word, meaning] : words) {
      if (word != value) continue;
      place = meaning;
      return {};
    }
    return fail("\"" + value + "\" is none of " + names);
  };
  return option;
}

}  // namespace bigfoot::config
