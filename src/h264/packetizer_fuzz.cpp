// Input: payload limit (2 bytes), then an Annex B access unit. What is packetised must come out of the depacketiser
// whole.
#include "h264/depacketizer.hpp"
#include "h264/nal.hpp"
#include "h264/packetizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  if (size < 2) return 0;
  const std::size_t payload_max = 64 + load_be16(data) % 1200;
  h264::Packetizer packetizer(payload_max);
  h264::Depacketizer depacketizer;
  std::uint16_t sequence = 65'530;
  for (std::uint32_t round = 0; round < 2; ++round) {  // the second time with remembered parameter sets
    const auto frame = packetizer.packetize({.bytes = {data + 2, size - 2}});
    if (!frame || !*frame) continue;
    Bytes wire(payload_max);
    std::size_t left = (*frame)->count();
    for (const h264::Payload& payload : (*frame)->payloads) {
      if (payload.size() > payload_max || payload.marker != (--left == 0)) __builtin_trap();
      payload.write(wire.data());
      if (!depacketizer.push(sequence++, round, payload.marker, BytesView(wire).first(payload.size())))
        __builtin_trap();
    }
    const auto unit = depacketizer.take();
    if (!unit || unit->damaged || unit->keyframe != (*frame)->keyframe) __builtin_trap();
    std::vector<BytesView> in, out;
    h264::split_annex_b({data + 2, size - 2}, in);
    h264::split_annex_b(unit->bytes, out);
    if (!(*frame)->keyframe && out.size() > in.size()) __builtin_trap();
  }
  return 0;
}
