// Input: pairs of a sequence step and an arrival step, then an RTCP datagram that both ends must survive.
#include <algorithm>

#include "rtp/twcc.hpp"

namespace {

using namespace bigfoot;

/// Honest packets and feedback: every arrival must be told, once, with its time to the quarter of a millisecond.
void round_trip(BytesView steps) {
  rtp::TwccSender sender;
  rtp::TwccReceiver receiver(1, 2);
  Timestamp now{std::chrono::hours(1)};
  std::size_t arrived = 0, told = 0;
  for (std::size_t i = 0; i + 1 < steps.size(); i += 2) {
    const std::uint16_t sequence = sender.next();
    sender.on_sent(sequence, 1000, now);
    now += steps[i + 1] * 1ms;
    if (steps[i] % 4 == 0) continue;
    receiver.on_packet(sequence, now);
    ++arrived;
    if (steps[i] % 8 != 1) continue;
    while (const auto feedback = receiver.take())
      for (const auto& result : sender.on_feedback(*feedback)) told += result.received ? 1 : 0;
  }
  while (const auto feedback = receiver.take())
    for (const auto& result : sender.on_feedback(*feedback)) told += result.received ? 1 : 0;
  if (told != arrived) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t half = std::min<std::size_t>(size / 2, 1000);
  round_trip({data, half});
  rtp::TwccSender sender;
  for (int i = 0; i < 300; ++i) sender.on_sent(sender.next(), 1000, Timestamp(std::chrono::seconds(i)));
  const auto packets = rtp::parse_rtcp({data + half, size - half});
  if (!packets) return 0;
  std::size_t results = 0;
  for (const rtp::RtcpPacket& packet : *packets)
    if (const auto* feedback = std::get_if<rtp::TransportFeedback>(&packet))
      results += sender.on_feedback(*feedback).size();
  if (results > 600) __builtin_trap();  // each packet is lost at most once and received at most once
  return 0;
}
