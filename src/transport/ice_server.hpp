#pragma once
// STUN and TURN URLs (RFC 7064, RFC 7065) → what libnice wants to be told.

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "transport/ice_config.hpp"

namespace bigfoot::transport {

enum class ServerKind { stun, turn_udp, turn_tcp };

struct ServerAddress {
  ServerKind kind = ServerKind::stun;
  std::string host;  ///< name or address, without brackets
  std::uint16_t port = 3478;
  bool operator==(const ServerAddress&) const = default;
};

/// Reads `stun:host[:port]` and `turn:host[:port][?transport=udp|tcp]`. Errors name what to change: `turns:` and
/// `stuns:` (libnice 0.1.21 sends plain STUN to the TLS port), an unknown scheme or transport, no host, a bad port, a
/// TURN server without user name and credential.
[[nodiscard]] Result<ServerAddress> parse_ice_server(const IceServer& server);

}  // namespace bigfoot::transport
