#pragma once
// "127.0.0.1:8080", "[::]:8080", "localhost:8080", ":8080" (every address). Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bigfoot::config {

struct ListenAddress {
  std::string host;  ///< an IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
};

/// Errors: no port, a port above 65535, a host name (which of its addresses?), an IPv6 address without brackets.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);
/// With brackets around IPv6.
std::string to_string(const ListenAddress& address);

}  // namespace bigfoot::config
