#include <cstdlib>
#include <string>

#include "media/source_uri.hpp"

// Any text: a URI of a camera may come from a file or over the network. What is read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto uri = media::parse_source_uri(text);
  if (!uri || !uri->rtsp.password.empty()) return 0;
  const std::string written = media::source_text(*uri);
  const auto again = media::parse_source_uri(written);
  if (!again || media::source_text(*again) != written) std::abort();
  if (again->turn.crop != uri->turn.crop || again->size != uri->size || again->controls != uri->controls) std::abort();
  return 0;
}
