// Input: a DCEP message. An open that is accepted is written and must come back as it was.
#include "transport/dcep.hpp"

#include <cstdlib>

#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot::transport;
  const auto message = parse_dcep({data, size});
  if (!message) return message.error().what.empty() ? std::abort(), 0 : 0;
  if (message->kind != DcepKind::open) return 0;
  const auto again = parse_dcep(write_dcep_open(message->options));
  if (!again || again->kind != DcepKind::open || !(again->options == message->options)) std::abort();
  return 0;
}
