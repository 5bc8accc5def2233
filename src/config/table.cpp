#include "config/table.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/check.hpp"
#include "base/nearest.hpp"

namespace bigfoot::config {
namespace {

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return parts;
}

Result<std::string> as_it_is(const std::string& value) { return value; }
std::string shown_as_it_is(const std::string& value) { return value; }

}  // namespace

const char* to_string(Layer layer) {
  switch (layer) {
    case Layer::built_in: return "default";
    case Layer::file: return "file";
    case Layer::environment: return "environment";
    case Layer::flag: return "flag";
  }
  return "default";
}

Table& Table::add(Option option) {
  BIGFOOT_CHECK(find(option.key) == nullptr, "an option stands twice in its table");
  options_.push_back(std::move(option));
  return *this;
}

Option* Table::find(std::string_view key) {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.key == key; });
  return found == options_.end() ? nullptr : &*found;
}

std::vector<Fault> Table::set(std::string_view key, const std::vector<std::string>& values, const Origin& origin) {
  Option* option = find(key);
  if (option == nullptr) {
    std::vector<std::string> keys;
    for (const Option& known : options_) keys.push_back(known.key);
    const std::string near = nearest(key, keys);
    return {{origin.where, "there is no option \"" + std::string(key) + "\"",
             near.empty() ? "" : "did you mean \"" + near + "\"?"}};
  }
  const bool is_list = static_cast<bool>(option->clear);
  if (values.size() > 1 && !is_list)
    return {{origin.where, "given " + std::to_string(values.size()) + " times, takes one value", "keep one"}};
  if (is_list) option->clear();
  std::vector<Fault> faults;
  for (const std::string& value : values)
    if (const auto done = option->set(value); !done)
      faults.push_back({origin.where, done.error().what, done.error().fix});
  option->origin = origin;
  return faults;
}

std::vector<Fault> Table::set_from_environment(const std::function<const char*(const char*)>& lookup) {
  std::vector<Fault> faults;
  for (const Option& option : options_) {
    const std::string name = environment_name(option.key);
    const char* value = lookup(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    const auto values = option.clear ? split_commas(value) : std::vector<std::string>{value};
    for (auto& fault : set(option.key, values, {Layer::environment, name})) faults.push_back(std::move(fault));
  }
  return faults;
}

std::string Table::print() const {
  std::string out;
  for (const Option& option : options_) {
    std::string line = option.key + " = " + option.get();
    line.resize(std::max<std::size_t>(line.size() + 2, 40), ' ');
    out += line + "# " + to_string(option.origin.layer) +
           (option.origin.where.empty() ? "" : " " + option.origin.where) + "\n";
  }
  return out;
}

std::string environment_name(std::string_view key) {
  std::string name = "BIGFOOT_";
  for (const char c : key)
    name += c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Option text(std::string key, std::string value_name, std::string help, std::string& place) {
  return single(std::move(key), std::move(value_name), std::move(help), place, as_it_is, shown_as_it_is);
}

Option whole(std::string key, std::string value_name, std::string help, int& place, int least, int most) {
  const auto read = [least, most](const std::string& value) -> Result<int> {
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least || number > most)
      return fail("\"" + value + "\" is not a whole number from " + std::to_string(least) + " to " +
                  std::to_string(most));
    return number;
  };
  return single(std::move(key), std::move(value_name), std::move(help), place, read,
                [](int value) { return std::to_string(value); });
}

Option seconds(std::string key, std::string help, Nanos& place) {
  const auto read = [](const std::string& value) -> Result<Nanos> {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || !(number >= 0) || number > 86'400)
      return fail("\"" + value + "\" is not a time in seconds from 0 to 86400", "write it like 2 or 0.5");
    return Nanos(static_cast<std::int64_t>(number * 1e9));
  };
  return single(std::move(key), "SECONDS", std::move(help), place, read, [](Nanos value) {
    std::string number = std::to_string(to_seconds(value));
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
    return number;
  });
}

Option bitrate(std::string key, std::string help, Bitrate& place) {
  return single(std::move(key), "RATE", std::move(help), place, parse_bitrate,
                [](Bitrate value) { return bigfoot::to_string(value); });
}

Option size(std::string key, std::string help, Size& place) {
  return single(std::move(key), "WIDTHxHEIGHT", std::move(help), place, parse_size,
                [](Size value) { return value.text(); });
}

Option frame_rate(std::string key, std::string help, FrameRate& place) {
  return single(std::move(key), "FPS", std::move(help), place, parse_frame_rate, [](FrameRate value) {
    return value.denominator == 1 ? std::to_string(value.numerator)
                                  : std::to_string(value.numerator) + "/" + std::to_string(value.denominator);
  });
}

Option toggle(std::string key, std::string help, bool& place) {
  const auto read = [](const std::string& value) -> Result<bool> {
    if (value == "true" || value == "on" || value == "yes" || value == "1") return true;
    if (value == "false" || value == "off" || value == "no" || value == "0") return false;
    return fail("\"" + value + "\" is neither on nor off");
  };
  return single(std::move(key), "", std::move(help), place, read,
                [](bool value) { return std::string(value ? "on" : "off"); });
}

Option list(std::string key, std::string value_name, std::string help, std::vector<std::string>& place) {
  return several(std::move(key), std::move(value_name), std::move(help), place, as_it_is, shown_as_it_is);
}

Option listen_address(std::string key, std::string help, ListenAddress& place) {
  return single(
      std::move(key), "ADDR:PORT", std::move(help), place,
      [](const std::string& text) { return parse_listen_address(text); },
      [](const ListenAddress& value) { return to_string(value); });
}

Option listen_address(std::string key, std::string help, std::optional<ListenAddress>& place) {
  return single(
      std::move(key), "ADDR:PORT", std::move(help), place,
      [](const std::string& text) { return parse_listen_address(text); },
      [](const std::optional<ListenAddress>& value) { return value ? to_string(*value) : std::string(); });
}

}  // namespace bigfoot::config
