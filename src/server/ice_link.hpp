#pragma once
// STUN and TURN servers as the Link headers of RFC 9725 4.6.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace bigfoot::server {

/// `stun:HOST[:PORT]` or `turn(s):USER:SECRET@HOST[:PORT][?transport=…]` → `<turn:HOST:PORT>; rel="ice-server";
/// username=…`. Errors: another scheme, TURN without a user, characters that do not belong in a header.
[[nodiscard]] Result<std::string> ice_server_link(const std::string& url);

}  // namespace bigfoot::server
