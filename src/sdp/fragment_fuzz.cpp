// Any bytes as the body of a WHEP PATCH: what is accepted writes and reads back the same.

#include <cstdlib>

#include "base/bytes.hpp"
#include "sdp/fragment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot::sdp;
  const auto fragment = parse_fragment({reinterpret_cast<const char*>(data), size});
  if (!fragment) return 0;
  if (fragment->ufrag.empty() != fragment->pwd.empty()) std::abort();
  const auto text = to_string(*fragment);
  const auto again = parse_fragment(text);
  if (!again || to_string(*again) != text || again->candidates() != fragment->candidates()) std::abort();
  return 0;
}
