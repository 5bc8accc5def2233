// Any target: what comes out names nothing outside a directory.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/request_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot::server;
  const auto segments = path_segments({reinterpret_cast<const char*>(data), size});
  if (!segments) return 0;
  for (const std::string& segment : *segments) {
    if (segment.empty() || segment == "." || segment == ".." || segment.find('/') != std::string::npos ||
        segment.find('\\') != std::string::npos || segment.find('\0') != std::string::npos)
      std::abort();
  }
  const Route route = route_of(*segments);
  if (route.kind == Route::Kind::whep_endpoint && route.robot.empty()) std::abort();
  return 0;
}
