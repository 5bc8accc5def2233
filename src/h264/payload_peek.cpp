#include "h264/payload_peek.hpp"

#include "h264/nal.hpp"

namespace bigfoot::h264 {
namespace {

void add(NalType type, PayloadPeek& peek) {
  peek.slice = peek.slice || is_slice(type);
  peek.idr = peek.idr || type == NalType::idr;
}

PayloadPeek peek_stap_a(BytesView payload) {
  PayloadPeek peek;
  bool led = false;  // delimiters and SEI in front of the SPS change nothing
  ByteReader reader(payload.subspan(1));
  while (reader.left() > 0) {
    const BytesView nal = reader.view(reader.be16());
    if (!reader.ok() || nal.empty()) break;
    const NalType type = nal_type(nal[0]);
    add(type, peek);
    if (led || type == NalType::delimiter || type == NalType::sei) continue;
    led = true;
    peek.sps = type == NalType::sps;
  }
  return peek;
}

PayloadPeek peek_fu_a(BytesView payload) {
  PayloadPeek peek;
  if (payload.size() < 2) return peek;
  const NalType type = nal_type(payload[1]);
  peek.fragment = (payload[1] & 0x80) == 0;
  peek.sps = type == NalType::sps && !peek.fragment;
  add(type, peek);
  return peek;
}

}  // namespace

PayloadPeek peek_payload(BytesView payload) {
  if (payload.empty()) return {};
  const NalType type = nal_type(payload[0]);
  if (type == NalType::stap_a) return peek_stap_a(payload);
  if (type == NalType::fu_a) return peek_fu_a(payload);
  PayloadPeek peek;
  peek.sps = type == NalType::sps;
  add(type, peek);
  return peek;
}

}  // namespace bigfoot::h264
