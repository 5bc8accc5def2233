#pragma once
// Which pages may open a signaling socket. Browsers let every page on the web do that, and only say whose it is
// (RFC 6454, RFC 6455 10.2): without this check a page from anywhere reaches a server that only its reader can reach.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bigfoot::server {

/// Whose a page is, in lower case and without its scheme's own port.
struct Origin {
  std::string scheme;
  std::string authority;
  std::string text() const { return scheme + "://" + authority; }
  bool operator==(const Origin&) const = default;
};

/// Like "https://robots.example.com". Errors: a path, another scheme than http and https, a pattern.
[[nodiscard]] Result<Origin> parse_allowed_origin(const std::string& text);

/// The origins besides the server's own. Pure.
class AllowedOrigins {
 public:
  explicit AllowedOrigins(std::vector<Origin> others = {}) : others_(std::move(others)) {}

  /// `origin` and `host` as in the headers of the request. The server's own are those with the host and port that the
  /// browser asked for; the scheme is not compared, a proxy may have ended TLS.
  bool allow(std::string_view origin, std::string_view host) const;

 private:
  std::vector<Origin> others_;
};

}  // namespace bigfoot::server
