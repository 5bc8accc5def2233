#pragma once
// What a person can say about ICE: `ice.*` of the robot's configuration, and how long each step may take.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::transport {

/// `stun:host:port`, `turn:host:port?transport=udp|tcp` (RFC 7064, 7065). libnice has no TURN over TLS: `turns:` is
/// refused.
struct IceServer {
  std::string url;
  std::string username;
  std::string credential;
  bool operator==(const IceServer&) const = default;
};

/// UDP ports of host candidates, both ends included.
struct PortRange {
  std::uint16_t first = 0;  ///< 0 and 0: any
  std::uint16_t last = 0;
};

/// How long a session may stay half-open; each ends in on_failed.
struct Deadlines {
  Nanos connect = 30s;    ///< start() → connected
  Nanos handshake = 15s;  ///< first pair → DTLS done
  Nanos recover = 30s;    ///< path lost → connected again
  Nanos retry = 8s;       ///< while disconnected: another new path after this time
};

struct IceConfig {
  std::vector<std::string> interfaces;  ///< only these; empty: all that are up
  std::vector<std::string> exclude;     ///< never these
  PortRange ports;
  std::vector<IceServer> servers;
  bool relay_only = false;   ///< ice.policy: relay
  bool loopback = false;     ///< 127.0.0.1 and ::1, ours and the peer's: only when the signaling server is there too
  bool mark_packets = true;  ///< DSCP AF41 (ice.qos)
  Deadlines deadlines;
};

}  // namespace bigfoot::transport
