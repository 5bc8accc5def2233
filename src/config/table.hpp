#pragma once
// One table of options a program: the same row is a flag (--ice-ports) and an environment variable (BIGFOOT_ICE_PORTS),
// and is made so that a file can be one more layer. Order: built-in < file < environment < flag; all faults come in one
// run.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "config/listen_address.hpp"

namespace bigfoot::config {

enum class Layer { built_in, file, environment, flag };
const char* to_string(Layer layer);

/// Where a value came from: the layer and, for people, "--bitrate", "BIGFOOT_BITRATE" or "robot.yaml:7".
struct Origin {
  Layer layer = Layer::built_in;
  std::string where;
};

/// One thing that is wrong with the configuration.
struct Fault {
  std::string where;
  std::string what;
  std::string fix;
  std::string text() const { return where + ": " + what + (fix.empty() ? "" : "\n    " + fix); }
};

struct Option {
  std::string key;         ///< "ice-ports"
  std::string value_name;  ///< "FIRST-LAST" in the help; empty: a switch without a value
  std::string help;
  std::function<Result<>(const std::string&)> set;  ///< reads one value into its place; called once a value
  std::function<std::string()> get;                 ///< the value in force, as `set` would read it
  std::function<void()> clear;                      ///< lists only: forget what a lower layer gave
  Origin origin;
};

class Table {
 public:
  Table& add(Option option);
  const std::vector<Option>& options() const { return options_; }

  /// Gives `values` to the option `key`; a list forgets what lower layers said. Faults: unknown key (with the nearest
  /// one), a value the option cannot read, several values for a single option.
  std::vector<Fault> set(std::string_view key, const std::vector<std::string>& values, const Origin& origin);
  /// Every option for which `lookup(BIGFOOT_KEY)` has a value; lists split at commas.
  std::vector<Fault> set_from_environment(const std::function<const char*(const char*)>& lookup);

  /// "key = value   # where" a line.
  std::string print() const;

 private:
  Option* find(std::string_view key);
  std::vector<Option> options_;
};

/// "ice-ports" → "BIGFOOT_ICE_PORTS".
std::string environment_name(std::string_view key);

// Rows. The place must outlive the table.

/// One value: `read` is std::string → Result<T>, `show` is T → std::string, as `read` would take it (secrets left out).
template <class T, class Read, class Show>
Option single(std::string key, std::string value_name, std::string help, T& place, Read read, Show show) {
  Option option{std::move(key), std::move(value_name), std::move(help), {}, {}, {}, {}};
  option.set = [&place, read](const std::string& text) -> Result<> {
    auto value = read(text);
    if (!value) return tl::unexpected<Error>(value.error());
    place = std::move(*value);
    return {};
  };
  option.get = [&place, show] { return show(place); };
  return option;
}

/// A list, whose values come one by one.
template <class T, class Read, class Show>
Option several(std::string key, std::string value_name, std::string help, std::vector<T>& place, Read read, Show show) {
  Option option{std::move(key), std::move(value_name), std::move(help), {}, {}, {}, {}};
  option.set = [&place, read](const std::string& text) -> Result<> {
    auto value = read(text);
    if (!value) return tl::unexpected<Error>(value.error());
    place.push_back(std::move(*value));
    return {};
  };
  option.get = [&place, show] {
    std::string joined;
    for (const T& value : place) joined += (joined.empty() ? "" : ",") + show(value);
    return joined;
  };
  option.clear = [&place] { place.clear(); };
  return option;
}

// Rows for the common kinds of place.
Option text(std::string key, std::string value_name, std::string help, std::string& place);
Option whole(std::string key, std::string value_name, std::string help, int& place, int least, int most);
Option seconds(std::string key, std::string help, Nanos& place);
Option bitrate(std::string key, std::string help, Bitrate& place);
Option size(std::string key, std::string help, Size& place);
Option frame_rate(std::string key, std::string help, FrameRate& place);
Option toggle(std::string key, std::string help, bool& place);
Option list(std::string key, std::string value_name, std::string help, std::vector<std::string>& place);
Option listen_address(std::string key, std::string help, ListenAddress& place);
/// Nothing: nobody listens.
Option listen_address(std::string key, std::string help, std::optional<ListenAddress>& place);

/// One of a few words.
template <class Enum>
Option choice(std::string key, std::string help, Enum& place, std::vector<std::pair<std::string, Enum>> words) {
  std::string names;
  for (const auto& [word, value] : words) names += (names.empty() ? "" : "|") + word;
  Option option{std::move(key), names, std::move(help), {}, {}, {}, {}};
  option.get = [&place, words] {
    for (const auto& [word, value] : words)
      if (value == place) return word;
    return std::string();
  };
  option.set = [&place, words, names](const std::string& value) -> Result<> {
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
