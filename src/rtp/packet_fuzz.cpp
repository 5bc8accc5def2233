// Input: an RTP packet.
#include <algorithm>

#include "rtp/packet.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  const BytesView bytes(data, size);
  const auto packet = rtp::parse_packet(bytes);
  if (!packet) return 0;
  if (packet->payload.size() + packet->padding + packet->extensions.size() + rtp::header_bytes > size) __builtin_trap();
  Bytes block(4 + 15 * 17 + 4);
  rtp::ExtensionWriter writer(block, false);
  rtp::Packet copy;
  for (int id = 0; id <= 255; ++id) {
    const auto value = packet->extension(static_cast<std::uint8_t>(id));
    if (!value) continue;
    if (packet->extension_profile == 0xBEDE && !writer.add(static_cast<std::uint8_t>(id), *value)) __builtin_trap();
  }
  copy.extension_profile = packet->extension_profile;
  const std::size_t written = writer.finish();
  if (written == 0) return 0;
  copy.extensions = BytesView(block).subspan(4, written - 4);
  for (std::uint8_t id = 1; id < 15; ++id) {
    const auto before = packet->extension(id), after = copy.extension(id);
    if (before.has_value() != after.has_value()) __builtin_trap();
    if (before && !std::equal(before->begin(), before->end(), after->begin(), after->end())) __builtin_trap();
  }
  return 0;
}
