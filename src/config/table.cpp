#include "config/table.hpp"

#include <algorithm>
#include <cctype>

#include "base/check.hpp"
#include "base/nearest.hpp"

namespace bigfoot::config {
namespace {

constexpr std::size_t word_shown_max = 64;

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return parts;
}

std::string last_word(const std::string& key) { return key.substr(key.rfind('.') + 1); }

/// The key that was most likely meant: one that ends alike, else one spelt alike.
std::string nearest_key(const std::string& path, const std::vector<std::string>& keys) {
  if (path.size() > word_shown_max) return "";
  for (const std::string& key : keys)
    if (last_word(key) == last_word(path)) return key;
  return nearest(path, keys);
}

/// The values of a single option or a list, as the file has them.
Result<std::vector<std::string>> words_of(const YamlNode& value, bool is_list) {
  if (value.kind == YamlKind::word) return std::vector<std::string>{value.word};
  if (value.kind == YamlKind::nothing) return fail("the key has no value", "give it one, or make the line a comment");
  if (value.kind == YamlKind::map)
    return fail("it takes no keys below it", is_list ? "write a list: [A, B]" : "write one value");
  if (!is_list) return fail("it takes one value, not a list", "keep one");
  std::vector<std::string> words;
  for (const YamlNode& item : value.items) {
    if (item.kind != YamlKind::word) return fail("its list holds more than plain values", "write a list: [A, B]");
    words.push_back(item.word);
  }
  return words;
}

}  // namespace

const char* to_string(Layer layer) {
  switch (layer) {
    case Layer::built_in: return "default";
    case Layer::other_key: return "by";
    case Layer::file: return "file";
    case Layer::environment: return "environment";
    case Layer::flag: return "flag";
  }
  return "default";
}

std::string Option::environment() const {
  std::string name = "BIGFOOT_" + flag;
  std::replace(name.begin(), name.end(), '-', '_');
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

Table& Table::add(Option option) {
  BIGFOOT_CHECK(find(option.key) == nullptr, "an option stands twice in its table");
  if (option.flag.empty()) {
    option.flag = option.key;
    std::replace_if(
        option.flag.begin(), option.flag.end(), [](char c) { return c == '.' || c == '_'; }, '-');
  }
  options_.push_back(std::move(option));
  return *this;
}

Table& Table::stands_elsewhere(std::string word, std::string fix) {
  elsewhere_[std::move(word)] = std::move(fix);
  return *this;
}

Option* Table::find(std::string_view key) {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.key == key; });
  return found == options_.end() ? nullptr : &*found;
}

std::vector<Fault> Table::set(std::string_view key, const std::vector<std::string>& values, const Origin& origin) {
  Option* option = find(key);
  if (option == nullptr) return {unknown(origin.where, "", std::string(key))};
  if (values.size() > 1 && !option->is_list())
    return {{origin.where, "given " + std::to_string(values.size()) + " times, takes one value", "keep one"}};
  if (option->is_list()) option->clear();
  std::vector<Fault> faults;
  for (const std::string& value : values)
    if (const auto done = option->set(value, origin); !done)
      faults.push_back({origin.where, done.error().what, done.error().fix});
  option->origin = origin;
  return faults;
}

std::vector<Fault> Table::set_from_environment(const std::function<const char*(const char*)>& lookup) {
  std::vector<Fault> faults;
  for (const Option& option : options_) {
    const std::string name = option.environment();
    const char* value = lookup(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    const auto values = option.is_list() ? split_commas(value) : std::vector<std::string>{value};
    for (auto& fault : set(option.key, values, {Layer::environment, name})) faults.push_back(std::move(fault));
  }
  return faults;
}

std::vector<Fault> Table::set_from_file(const YamlNode& map) {
  std::vector<Fault> faults;
  read_map("", map, faults);
  return faults;
}

void Table::read_map(const std::string& above, const YamlNode& map, std::vector<Fault>& faults) {
  if (map.kind == YamlKind::word || map.kind == YamlKind::list)
    faults.push_back(map.fault(above.empty() ? "keys should stand here" : "keys should stand below " + above,
                               "write KEY: VALUE a line; " + keys_below(above)));
  for (const YamlEntry& entry : map.entries) read_entry(above, entry, faults);
}

void Table::read_entry(const std::string& above, const YamlEntry& entry, std::vector<Fault>& faults) {
  const std::string& word = entry.key.word;
  const std::string path = above.empty() ? word : above + "." + word;
  const bool plain = word.find('.') == std::string::npos;  // ice.ports is ports below ice
  if (plain && is_section(path)) return read_map(path, entry.value, faults);
  Option* option = plain ? find(path) : nullptr;
  if (option == nullptr) return faults.push_back(unknown(entry.key.mark.text(), above, path));
  for (Fault& fault : read_value(*option, entry.value)) faults.push_back(std::move(fault));
}

std::vector<Fault> Table::read_value(Option& option, const YamlNode& value) {
  const Origin origin{Layer::file, value.mark.text()};
  if (!option.set_from_file) {
    const auto words = words_of(value, option.is_list());
    if (!words) return {value.fault(option.key + ": " + words.error().what, words.error().fix)};
    std::vector<Fault> faults = set(option.key, *words, origin);
    for (Fault& fault : faults) fault.what = option.key + ": " + fault.what;
    return faults;
  }
  if (value.kind == YamlKind::nothing) return {};  // like a section: all that stands below it may be comments
  if (option.is_list()) option.clear();
  option.origin = origin;
  return option.set_from_file(value);
}

bool Table::is_section(const std::string& key) const {
  return std::any_of(options_.begin(), options_.end(),
                     [&](const Option& option) { return option.key.starts_with(key + "."); });
}

std::string Table::keys_below(const std::string& above) const {
  const std::string start = above.empty() ? "" : above + ".";
  std::string list;
  std::string last;
  for (const Option& option : options_) {
    if (!option.key.starts_with(start)) continue;
    const std::string word = option.key.substr(start.size(), option.key.find('.', start.size()) - start.size());
    if (word != last) list += (list.empty() ? "" : ", ") + word;
    last = word;
  }
  return "there are: " + list;
}

Fault Table::unknown(const std::string& where, const std::string& above, const std::string& path) const {
  const std::string what = "there is no key \"" + path.substr(0, word_shown_max) + "\"";
  if (const auto known = elsewhere_.find(path); known != elsewhere_.end()) return {where, what, known->second};
  std::vector<std::string> keys;
  for (const Option& known : options_) keys.push_back(known.key);
  const std::string near = nearest_key(path, keys);
  const std::string fix = near.empty() ? keys_below(above)
                          : near == path
                              ? "write it as " + path.substr(0, path.find('.')) + ": {" + last_word(path) + ": …}"
                              : "did you mean " + near + "?";
  return {where, what, fix};
}

std::vector<Shown> Table::shown() const {
  std::vector<Shown> lines;
  for (const Option& option : options_) {
    if (!option.show) {
      lines.push_back({option.key, option.get(), option.origin});
      continue;
    }
    for (Shown& line : option.show()) lines.push_back(std::move(line));
  }
  return lines;
}

std::string to_text(const std::vector<Shown>& lines) {
  std::string text;
  for (const Shown& shown : lines) {
    std::string line = shown.key + " = " + shown.value;
    line.resize(std::max<std::size_t>(line.size() + 2, 40), ' ');
    text += line + "# " + to_string(shown.origin.layer) + (shown.origin.where.empty() ? "" : " " + shown.origin.where) +
            "\n";
  }
  return text;
}

}  // namespace bigfoot::config
