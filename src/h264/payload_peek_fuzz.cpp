// Input: one RTP payload. What the depacketiser makes of it alone agrees with what was said of it.
#include "h264/payload_peek.hpp"

#include "h264/depacketizer.hpp"
#include "h264/nal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  const BytesView payload(data, size);
  const h264::PayloadPeek peek = h264::peek_payload(payload);
  if (peek.idr && !peek.slice) __builtin_trap();
  if (peek.fragment && peek.sps) __builtin_trap();
  h264::Depacketizer depacketizer;
  if (!depacketizer.push(0, 0, false, payload)) return 0;
  (void)depacketizer.push(1, 1, true, Bytes{0x09});  // ends it
  const auto unit = depacketizer.take();
  if (!unit || unit->damaged) return 0;
  if (peek.fragment || unit->keyframe != peek.idr) __builtin_trap();
  h264::NalReader reader(unit->bytes);
  bool sps = false;
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next())
    sps = sps || h264::nal_type(nal[0]) == h264::NalType::sps;
  if (peek.sps && !sps) __builtin_trap();
  return 0;
}
