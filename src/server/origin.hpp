#pragma once
// Which pages may open a signaling socket. Browsers let every page on the web do that, and only say whose it is
// (RFC 6454, RFC 6455 10.2): without this check a page from anywhere reaches a server that only its reader can reach.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bigfoot::server {

/// The origins besides the server's own. Pure.
class AllowedOrigins {
 public:
  /// Each like "https://robots.example.com"; errors name the one that is not.
  [[nodiscard]] static Result<AllowedOrigins> parse(const std::vector<std::string>& origins);

  /// `origin` and `host` as in the headers of the request. The server's own are those with the host and port that the
  /// browser asked for; the scheme is not compared, a proxy may have ended TLS.
  bool allow(std::string_view origin, std::string_view host) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace bigfoot::server
