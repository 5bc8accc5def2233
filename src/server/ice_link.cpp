#include "server/ice_link.hpp"

namespace bigfoot::server {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

IceLink ice_link(const config::IceEntry& entry) {
  IceLink link{entry.url, "<" + entry.url + ">; rel=\"ice-server\""};
  if (!entry.username.empty())
    link.header += "; username=" + quoted(entry.username) + "; credential=" + quoted(entry.credential) +
                   "; credential-type=\"password\"";
  return link;
}

}  // namespace bigfoot::server
