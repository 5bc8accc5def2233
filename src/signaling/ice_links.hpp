#pragma once
// STUN and TURN servers as a WHEP server tells them: Link headers (RFC 8288) of rel="ice-server" (RFC 9725 4.6).

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

/// Those of one header value, which may list several; links of other kinds and malformed ones are left out, and what
/// stands behind the eighth server.
std::vector<IceLink> parse_ice_links(std::string_view header);

}  // namespace bigfoot::signaling
