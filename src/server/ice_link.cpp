#include "server/ice_link.hpp"

#include <algorithm>

namespace bigfoot::server {
namespace {

constexpr const char* fix = "write stun:HOST:PORT or turn:USER:SECRET@HOST:PORT?transport=udp";

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

Result<IceLink> parse_ice_link(const std::string& url) {
  const auto printable = [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; };
  const auto colon = url.find(':');
  const std::string scheme = url.substr(0, colon);
  const bool turn = scheme == "turn" || scheme == "turns";
  if (colon == std::string::npos || (!turn && scheme != "stun" && scheme != "stuns"))
    return fail("\"" + scheme + "…\" is neither STUN nor TURN", fix);
  if (!std::all_of(url.begin(), url.end(), printable)) return fail("it holds a space, <, > or control character", fix);
  const auto at = url.rfind('@');
  if (!turn) return IceLink{url, "<" + url + ">; rel=\"ice-server\""};
  const std::string user = at == std::string::npos ? "" : url.substr(colon + 1, at - colon - 1);
  const auto split = user.rfind(':');
  if (split == std::string::npos || split == 0) return fail("\"" + scheme + ":…\" has no user and secret", fix);
  const std::string plain = scheme + ":" + url.substr(at + 1);
  return IceLink{plain, "<" + plain + ">; rel=\"ice-server\"; username=" + quoted(user.substr(0, split)) +
                            "; credential=" + quoted(user.substr(split + 1)) + "; credential-type=\"password\""};
}

}  // namespace bigfoot::server
