#include "transport/ice_server.hpp"

#include <charconv>
#include <string_view>

namespace bigfoot::transport {
namespace {

Result<std::uint16_t> parse_port(std::string_view text, const std::string& url) {
  unsigned port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) {
    return fail("'" + std::string(text) + "' in " + url + " is not a port", "write a port of 1 to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

Result<ServerAddress> parse_host_port(std::string_view text, ServerAddress address, const std::string& url) {
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return fail("the '[' in " + url + " is never closed");
    address.host = text.substr(1, bracket - 1);
    colon = bracket + 1 < text.size() ? bracket + 1 : std::string_view::npos;
    if (colon != std::string_view::npos && text[colon] != ':') return fail("something follows the ']' in " + url);
  } else {
    address.host = text.substr(0, colon);
    if (address.host.find(':') != std::string::npos) {
      return fail("an IPv6 address in " + url + " needs brackets", "write turn:[2001:db8::1]:3478");
    }
  }
  if (address.host.empty()) return fail(url + " names no host", "write stun:HOST:PORT or turn:HOST:PORT");
  if (colon == std::string_view::npos) return address;
  const auto port = parse_port(text.substr(colon + 1), url);
  if (!port) return tl::unexpected(port.error());
  address.port = *port;
  return address;
}

}  // namespace

Result<ServerAddress> parse_ice_server(const IceServer& server) {
  const std::string& url = server.url;
  std::string_view rest = url;
  const std::size_t colon = rest.find(':');
  const std::string_view scheme = rest.substr(0, colon);
  if (scheme == "turns" || scheme == "stuns") {
    return fail(url + ": this program has no TURN or STUN over TLS",
                "use turn:HOST:PORT?transport=udp, or ?transport=tcp where UDP is blocked");
  }
  if (colon == std::string_view::npos || (scheme != "stun" && scheme != "turn")) {
    return fail("'" + url + "' is not an ICE server", "write stun:HOST:PORT or turn:HOST:PORT?transport=udp");
  }
  rest.remove_prefix(colon + 1);
  ServerAddress address;
  address.kind = scheme == "stun" ? ServerKind::stun : ServerKind::turn_udp;
  if (const std::size_t question = rest.find('?'); question != std::string_view::npos) {
    const std::string_view query = rest.substr(question + 1);
    rest = rest.substr(0, question);
    if (address.kind == ServerKind::turn_udp && query == "transport=tcp") {
      address.kind = ServerKind::turn_tcp;
    } else if (address.kind != ServerKind::turn_udp || query != "transport=udp") {
      return fail("'?" + std::string(query) + "' in " + url + " is unknown", "write ?transport=udp or ?transport=tcp");
    }
  }
  if (address.kind != ServerKind::stun && (server.username.empty() || server.credential.empty())) {
    return fail(url + " has no user name or no credential", "TURN needs both: set username and credential");
  }
  return parse_host_port(rest, std::move(address), url);
}

}  // namespace bigfoot::transport
