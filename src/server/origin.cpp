#include "server/origin.hpp"

#include <algorithm>
#include <optional>

namespace bigfoot::server {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

/// Browsers leave the scheme's own port out of Origin and of Host, people and proxies may not.
std::string without_default_port(std::string authority, std::string_view scheme) {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.resize(authority.size() - port.size());
  return authority;
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::string origin = lowered(text);
  const auto mark = origin.find("://");
  if (mark == std::string::npos) return std::nullopt;
  const std::string scheme = origin.substr(0, mark);
  const std::string authority = origin.substr(mark + 3);
  if ((scheme != "http" && scheme != "https") || authority.empty()) return std::nullopt;
  if (authority.find_first_of("/?#@ ") != std::string::npos) return std::nullopt;
  return Origin{scheme, without_default_port(authority, scheme)};
}

}  // namespace

Result<Origin> parse_allowed_origin(const std::string& text) {
  auto origin = parse_origin(std::string_view(text).substr(0, text.size() - (text.ends_with('/') ? 1 : 0)));
  if (origin) return std::move(*origin);
  return fail("\"" + text + "\" is not the origin of a page",
              "write it like https://robots.example.com, with the port when it has one and without a path");
}

bool AllowedOrigins::allow(std::string_view origin, std::string_view host) const {
  const auto page = parse_origin(origin);
  if (!page) return false;
  if (page->authority == without_default_port(lowered(host), page->scheme)) return true;
  return std::find(others_.begin(), others_.end(), *page) != others_.end();
}

}  // namespace bigfoot::server
