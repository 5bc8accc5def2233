#pragma once
// YAML text → a tree of words with their places. Stricter than YAML: every word stays a word (`010`, `no` and `1e3` are
// what the option's own reader makes of them), a key stands once, one document, no anchors, no tags. Pure.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/fault.hpp"

namespace bigfoot::config {

constexpr std::size_t yaml_bytes_max = 1 << 20;
constexpr int yaml_depth_max = 16;

/// A place in a file.
struct Mark {
  std::shared_ptr<const std::string> file;
  int line = 1;
  std::string text() const { return *file + ":" + std::to_string(line); }  ///< "robot.yaml:7"
};

enum class YamlKind { nothing, word, list, map };

struct YamlEntry;

struct YamlNode {
  YamlKind kind = YamlKind::nothing;
  Mark mark;                       ///< of nothing: where its key stands
  std::string word;                ///< of a word
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map, in their order

  Fault fault(std::string what, std::string fix = {}) const { return {mark.text(), std::move(what), std::move(fix)}; }
};

/// One `key: value` of a map.
struct YamlEntry {
  YamlNode key;  ///< a word
  YamlNode value;
};

struct Yaml {
  YamlNode root;  ///< nothing when the text is empty or no YAML at all
  std::vector<Fault> faults;
};

/// Reads `text`; `file` is what faults call it. Of text that is no YAML there is one fault and no tree. Faults repeat
/// no value: it may be a secret.
Yaml parse_yaml(std::string_view text, const std::string& file);

}  // namespace bigfoot::config
