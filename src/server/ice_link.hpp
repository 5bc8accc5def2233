#pragma once
// STUN and TURN servers as the Link headers of RFC 9725 4.6.

#include <string>

#include "config/ice_entry.hpp"

namespace bigfoot::server {

struct IceLink {
  std::string url;     ///< without user and secret: for people
  std::string header;  ///< the value of a Link header
};

/// `<turn:HOST:PORT>; rel="ice-server"; username=…`
IceLink ice_link(const config::IceEntry& entry);

}  // namespace bigfoot::server
