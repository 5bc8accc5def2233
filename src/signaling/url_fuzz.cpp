// Any text as the Location of an http and of an https server: what it leads to is a web address that reads the same
// again, never from https to http, and never one with a password.
#include "signaling/url.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace bigfoot::signaling;

void require(bool holds) {
  if (!holds) std::abort();
}

void lead(const std::string& base, const std::string& reference) {
  const auto to = resolve_url(base, reference);
  if (!to) return require(!to.error().what.empty());
  require(to->starts_with("https://") || (to->starts_with("http://") && !base.starts_with("https:")));
  require(to->find('#') == std::string::npos);
  require(same_origin(*to, *to));
  require(same_origin(base, *to) == same_origin(*to, base));
  const auto again = resolve_url(*to, *to);
  require(again && *again == *to);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  lead("https://media.example.org:8443/whep/gate?x=1", text);
  lead("http://192.0.2.7/whep", text);
  if (const auto url = parse_whep_url(text)) lead(*url, "../session/1");
  if (const auto url = parse_server_url(text)) require(!url->host.empty() && url->port != 0 && !url->path.empty());
  return 0;
}
