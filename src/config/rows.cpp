#include "config/rows.hpp"

#include <algorithm>
#include <charconv>

#include "base/duration.hpp"

namespace bigfoot::config {
namespace {

Result<std::string> as_it_is(const std::string& value) { return value; }
std::string shown_as_it_is(const std::string& value) { return value; }

/// All of it or nothing.
Result<> set_range(BitrateRange& place, const std::string& text) {
  BitrateRange range = place;
  std::vector<Bitrate*> wanted{&range.min, &range.start, &range.max};
  const auto dashes = std::count(text.begin(), text.end(), '-');
  if (dashes != 2) wanted = {&range.start};
  std::size_t at = 0;
  for (Bitrate* rate : wanted) {
    const std::size_t end = dashes == 2 ? std::min(text.find('-', at), text.size()) : text.size();
    const auto read = parse_bitrate(std::string_view(text).substr(at, end - at));
    if (!read) return tl::unexpected<Error>(read.error());
    *rate = *read;
    at = end + 1;
  }
  place = range;
  return {};
}

}  // namespace

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
    const auto time = parse_duration(value, "s");
    if (!time) return fail("\"" + value + "\" is not a time from 0 to 86400 seconds", "write it like 2, 0.5 or 500ms");
    return *time;
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

Option bitrate_range(std::string key, std::string help, BitrateRange& place) {
  Option row{std::move(key), "RATE|MIN-START-MAX", std::move(help), {}, {}};
  row.set = [&place](const std::string& text, const Origin&) { return set_range(place, text); };
  row.get = [&place] {
    const BitrateRange built_in;
    std::string start = bigfoot::to_string(place.start);
    if (place.min == built_in.min && place.max == built_in.max) return start;
    return bigfoot::to_string(place.min) + "-" + start + "-" + bigfoot::to_string(place.max);
  };
  row.set_from_file = [&place, key = row.key](const YamlNode& node) {
    Table below;
    below.add(bitrate("min", "", place.min)).add(bitrate("start", "", place.start)).add(bitrate("max", "", place.max));
    std::vector<Fault> faults;
    if (node.kind == YamlKind::map)
      faults = below.set_from_file(node);
    else if (node.kind != YamlKind::word)
      faults.push_back(node.fault("it takes one rate, or min, start and max", "write {min: 300k, start: 2M, max: 4M}"));
    else if (const auto set = set_range(place, node.word); !set)
      faults.push_back(node.fault(set.error().what, set.error().fix));
    for (Fault& fault : faults) fault.what = key + ": " + fault.what;
    return faults;
  };
  return row;
}

Option size(std::string key, std::string help, Size& place) {
  return single(std::move(key), "WIDTHxHEIGHT", std::move(help), place, parse_size,
                [](Size value) { return value.text(); });
}

Option frame_rate(std::string key, std::string help, FrameRate& place) {
  return single(std::move(key), "FPS", std::move(help), place, parse_frame_rate,
                [](FrameRate value) { return value.text(); });
}

Option toggle(std::string key, std::string help, bool& place) {
  const auto read = [](const std::string& value) -> Result<bool> {
    if (value == "true" || value == "on" || value == "yes" || value == "1") return true;
    if (value == "false" || value == "off" || value == "no" || value == "0") return false;
    return fail("\"" + value + "\" is neither on nor off", "write on or off");
  };
  return single(std::move(key), "", std::move(help), place, read,
                [](bool value) { return std::string(value ? "on" : "off"); });
}

Option list(std::string key, std::string flag, std::string value_name, std::string help,
            std::vector<std::string>& place) {
  return several(std::move(key), std::move(flag), std::move(value_name), std::move(help), place, as_it_is,
                 shown_as_it_is);
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
