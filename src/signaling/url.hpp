#pragma once
// The address of a signaling server, as people write it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bigfoot::signaling {

struct ServerUrl {
  bool tls = false;
  std::string host;  ///< name or address; IPv6 without brackets
  std::uint16_t port = 0;
  std::string path = "/ws";  ///< with the query, where there is one
  bool operator==(const ServerUrl&) const = default;

  /// "wss://fleet.example.org/ws"; the port only where it is not the usual one.
  std::string text() const;
};

/// Reads ws, wss, http and https. An http(s) address is that of the server (or of the prefix a proxy gives it): `/ws`
/// is added. A ws(s) address is that of the socket itself; without a path it is `/ws`. Errors: no or another scheme, no
/// host, a bad port, a user name or password, a fragment.
[[nodiscard]] Result<ServerUrl> parse_server_url(std::string_view text);

/// Reads the address of a WHEP endpoint, http or https, with whatever path and query it has; comes out as it is sent.
/// Errors: as above.
[[nodiscard]] Result<std::string> parse_whep_url(std::string_view text);

/// Where a Location or redirect of `base` leads. Errors: no http or https address, or http behind an https one.
[[nodiscard]] Result<std::string> resolve_url(const std::string& base, const std::string& reference);
/// Scheme, host and port are the same: what is only for one server may be shown.
bool same_origin(const std::string& a, const std::string& b);

}  // namespace bigfoot::signaling
