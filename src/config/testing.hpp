#pragma once
// For tests of the reference files (config/*.yaml) against the tables.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/layers.hpp"
#include "config/text_file.hpp"

namespace bigfoot::config {

/// The file with every `#key: …` and `#- …` made a line of YAML; `# words` stay comments.
inline std::string uncommented(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    const std::size_t mark = line.find_first_not_of(' ');
    if (mark != std::string::npos && line[mark] == '#' && mark + 1 < line.size() && line[mark + 1] != ' ')
      line.erase(mark, 1);
    out += line + "\n";
    begin = end + 1;
  }
  return out;
}

/// The keys of `table` that stand in `map`, in the order in which they stand there.
inline void add_keys(const Table& table, const YamlNode& map, const std::string& above,
                     std::vector<std::string>& keys) {
  for (const YamlEntry& entry : map.entries) {
    const std::string path = above + entry.key.word;
    const bool is_row =
        std::any_of(table.options().begin(), table.options().end(), [&](const Option& row) { return row.key == path; });
    if (is_row)
      keys.push_back(path);
    else
      add_keys(table, entry.value, path + ".", keys);
  }
}

inline std::vector<std::string> keys_in(const Table& table, const YamlNode& map) {
  std::vector<std::string> keys;
  add_keys(table, map, "", keys);
  return keys;
}

inline std::vector<std::string> keys_of(const Table& table) {
  std::vector<std::string> keys;
  for (const Option& row : table.options()) keys.push_back(row.key);
  return keys;
}

}  // namespace bigfoot::config
