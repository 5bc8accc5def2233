// Input: an SCTP packet. What passes is nothing but whole chunks.
#include "transport/sctp_gate.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  if (!transport::sctp_packet_passes({data, size})) return 0;
  if (size < 16) std::abort();
  std::size_t at = 12, chunks = 0;
  while (at < size) {
    const std::size_t length = load_be16(data + at + 2);
    if (length < 4 || at + length > size) std::abort();
    at += (length + 3) / 4 * 4;
    ++chunks;
  }
  if (chunks == 0) std::abort();
  return 0;
}
