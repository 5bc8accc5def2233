// Any bytes as a Link header: what comes out is a few servers with addresses of their kinds.

#include <cstdint>
#include <cstdlib>

#include "signaling/ice_links.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto links = bigfoot::signaling::parse_ice_links({reinterpret_cast<const char*>(data), size});
  if (links.size() > 8) std::abort();
  for (const auto& link : links)
    if (link.url.find(':') == std::string::npos || link.url.find('>') != std::string::npos) std::abort();
  return 0;
}
