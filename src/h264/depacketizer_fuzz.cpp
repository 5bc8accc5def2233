// Input: packets, each: flags (1: marker, 2: new timestamp, 4: a packet is missing before it), length, payload.
#include "h264/depacketizer.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  h264::Depacketizer depacketizer;
  ByteReader reader({data, size});
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::size_t fed = 0;
  std::size_t came = 0;
  while (reader.left() >= 2) {
    const std::uint8_t flags = reader.u8();
    const BytesView payload = reader.view(std::min<std::size_t>(reader.u8(), reader.left()));
    sequence = static_cast<std::uint16_t>(sequence + ((flags & 4) != 0 ? 2 : 1));
    timestamp += (flags & 2) != 0 ? 3000 : 0;
    fed += payload.size();
    (void)depacketizer.push(sequence, timestamp, (flags & 1) != 0, payload);
    while (const auto unit = depacketizer.take()) came += unit->bytes.size();
  }
  if (came > fed * 5) __builtin_trap();  // a start code of four bytes for a NAL unit of one
  return 0;
}
