#pragma once
// One table of options a program: the same row is a key of the file (ice.ports), an environment variable
// (BIGFOOT_ICE_PORTS) and a flag (--ice-ports). Order: built-in < file < environment < flag; all faults come in one
// run.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/fault.hpp"
#include "config/yaml.hpp"

namespace bigfoot::config {

/// `other_key`: this key says nothing itself, another one decides (a camera's size where only `size` is given).
enum class Layer { built_in, other_key, file, environment, flag };
const char* to_string(Layer layer);

/// Where a value came from: the layer and, for people, "--bitrate", "BIGFOOT_BITRATE", "robot.yaml:7" or "size".
struct Origin {
  Layer layer = Layer::built_in;
  std::string where;
};

/// One line of --print-config.
struct Shown {
  std::string key;
  std::string value;
  Origin origin;
};

struct Option {
  std::string key;         ///< "ice.ports": where it stands in the file
  std::string value_name;  ///< "FIRST-LAST" in the help; empty: a switch without a value
  std::string help;
  /// Reads one value into its place; called once a value.
  std::function<Result<>(const std::string&, const Origin&)> set;
  std::function<std::string()> get;  ///< the value in force, as `set` would read it; secrets left out
  std::function<void()> clear = {};  ///< lists only: forget what a lower layer gave
  /// Reads what the file has there, where that may be more than a word or a list of words.
  std::function<std::vector<Fault>(const YamlNode&)> set_from_file = {};
  std::function<std::vector<Shown>()> show = {};  ///< where a value is more than one line
  std::vector<std::string> choices = {};          ///< all that `set` takes, where these are a few words
  std::string flag = {};  ///< "ice-ports"; empty: follows from the key. For lists, whose flag names one of them
  Origin origin = {};

  bool is_list() const { return static_cast<bool>(clear); }
  std::string environment() const;  ///< "BIGFOOT_ICE_PORTS", after the flag
};

class Table {
 public:
  Table& add(Option option);
  const std::vector<Option>& options() const { return options_; }
  /// A word that is no key here and is often written as one: `fix` says where it stands.
  Table& stands_elsewhere(std::string word, std::string fix);

  /// Gives `values` to the option `key`; a list forgets what lower layers said. Faults: unknown key (with the nearest
  /// one), a value the option cannot read, several values for a single option.
  std::vector<Fault> set(std::string_view key, const std::vector<std::string>& values, const Origin& origin);
  /// Every key of a file or of one map in it. Faults besides: a word where keys should stand, and the reverse.
  std::vector<Fault> set_from_file(const YamlNode& map);
  /// Every option for which `lookup(BIGFOOT_KEY)` has a value; lists split at commas.
  std::vector<Fault> set_from_environment(const std::function<const char*(const char*)>& lookup);

  /// Each value and where it came from.
  std::vector<Shown> shown() const;

 private:
  Option* find(std::string_view key);
  bool is_section(const std::string& key) const;
  std::string keys_below(const std::string& above) const;
  Fault unknown(const std::string& where, const std::string& above, const std::string& path) const;
  void read_map(const std::string& above, const YamlNode& map, std::vector<Fault>& faults);
  void read_entry(const std::string& above, const YamlEntry& entry, std::vector<Fault>& faults);
  std::vector<Fault> read_value(Option& option, const YamlNode& value);

  std::vector<Option> options_;
  std::map<std::string, std::string> elsewhere_;
};

/// "key = value   # where" a line.
std::string to_text(const std::vector<Shown>& lines);

}  // namespace bigfoot::config
