#include "config/rows.hpp"

#include <charconv>

namespace bigfoot::config {
namespace {

Result<std::string> as_it_is(const std::string& value) { return value; }
std::string shown_as_it_is(const std::string& value) { return value; }

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
