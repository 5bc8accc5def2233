#pragma once
// STUN and TURN servers as a WHEP server tells them: Link headers (RFC 8288) of rel="ice-server" (RFC 9725 4.6).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bigfoot::signaling {

struct IceLink {
  std::string url;  ///< "stun:host:port", "turn:host:port?transport=udp", "turns:…"
  std::string username;
  std::string credential;
  bool operator==(const IceLink&) const = default;
};

/// Each one is asked, and a TURN server holds an allocation for it: a server does not get any number of them.
inline constexpr std::size_t ice_links_max = 8;

/// Those of one header value, which may list several; links of other kinds and malformed ones are left out, and what
/// stands behind the first `at_most`: one answer may have many such headers.
std::vector<IceLink> parse_ice_links(std::string_view header, std::size_t at_most = ice_links_max);

}  // namespace bigfoot::signaling
