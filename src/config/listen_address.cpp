#include "config/listen_address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace bigfoot::config {
namespace {

constexpr const char* fix = "write it like 127.0.0.1:8080 or [::]:8080";

bool is_address(const std::string& host) {
  in6_addr bytes;
  return inet_pton(host.find(':') == std::string::npos ? AF_INET : AF_INET6, host.c_str(), &bytes) == 1;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&] { return fail("\"" + std::string(text.substr(0, 80)) + "\" is not ADDR:PORT", fix); };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  const std::string_view digits = text.substr(colon + 1);
  ListenAddress address;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) return bad();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[]") != std::string_view::npos)
    return bad();
  if (host.empty()) host = "::";
  if (host == "localhost") host = "127.0.0.1";
  address.host = host;
  if (!is_address(address.host)) return fail("\"" + address.host + "\" is not an IP address", fix);
  return address;
}

std::string to_string(const ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace bigfoot::config
