#include "transport/port_range.hpp"

#include <charconv>

namespace bigfoot::transport {

Result<PortRange> parse_port_range(const std::string& text) {
  const auto dash = text.find('-');
  PortRange range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  const auto last = dash == std::string::npos ? first : std::from_chars(text.data() + dash + 1, end, range.last);
  if (first.ec != std::errc() || last.ec != std::errc() || last.ptr != end || dash == std::string::npos ||
      range.first < 1024 || range.last < range.first)
    return fail("\"" + text + "\" is not a port range", "write it like 50000-50100, from 1024 up");
  return range;
}

std::string to_string(PortRange range) {
  return range.first == 0 ? std::string() : std::to_string(range.first) + "-" + std::to_string(range.last);
}

}  // namespace bigfoot::transport
