#pragma once
// STUN and TURN servers as the Link headers of RFC 9725 4.6.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace bigfoot::server {

struct IceLink {
  std::string url;     ///< without user and secret: for people
  std::string header;  ///< the value of a Link header
};

/// `stun:HOST[:PORT]` or `turn(s):USER:SECRET@HOST[:PORT][?transport=…]` → `<turn:HOST:PORT>; rel="ice-server";
/// username=…`. Errors: another scheme, TURN without a user, characters that do not belong in a header.
[[nodiscard]] Result<IceLink> parse_ice_link(const std::string& url);

}  // namespace bigfoot::server
