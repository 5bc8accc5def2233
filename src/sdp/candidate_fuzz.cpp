// Any bytes as a candidate line: what is accepted writes as one line that reads back the same.

#include <cstdlib>

#include "base/bytes.hpp"
#include "sdp/transport.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot::sdp;
  const auto candidate = parse_candidate({reinterpret_cast<const char*>(data), size});
  if (!candidate) return 0;
  const auto text = to_string(*candidate);
  if (text.find_first_of("\r\n") != std::string::npos) std::abort();
  const auto again = parse_candidate(text);
  if (!again || !(*again == *candidate)) std::abort();
  return 0;
}
