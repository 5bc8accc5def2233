// Input: an RTCP datagram. What parses is written and must parse to the same.
#include "rtp/rtcp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  if (size > 1500) return 0;
  const auto first = rtp::parse_rtcp({data, size});
  if (!first) return 0;
  Bytes bytes;
  std::vector<rtp::RtcpPacket> kept;
  for (const rtp::RtcpPacket& packet : *first) {
    // A request for more packets than one datagram's worth is cut, and transport feedback may carry deltas beyond the
    // written form's range only through overflow, which 16-bit deltas exclude.
    const auto* nack = std::get_if<rtp::Nack>(&packet);
    if (nack != nullptr && nack->lost.size() > 300) continue;
    kept.push_back(packet);
    rtp::append_rtcp(packet, bytes);
  }
  const auto second = rtp::parse_rtcp(bytes);
  if (!second || *second != kept) __builtin_trap();
  return 0;
}
