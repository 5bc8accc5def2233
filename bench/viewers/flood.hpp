#pragma once
// What a hostile viewer says once its DTLS is done and its words are authentic: as much work as fits a datagram.

#include <cstdint>

#include "base/random.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot {

/// Datagrams of lies about one stream, of each kind in turn.
class Flood {
 public:
  /// `highest`: the newest sequence number that came. Replaces what `out` held; at most 1200 bytes.
  void next(std::uint32_t ssrc, std::uint16_t highest, Bytes& out) {
    out.clear();
    ++sent_;
    switch (sent_ % 6) {
      case 0: return everything_is_lost(ssrc, highest, out);
      case 1: return key_frames_now(ssrc, out);
      case 2: return key_frames_by_number(ssrc, out);
      case 3: return arrivals_that_never_were(ssrc, out);
      case 4: return reports_of_another_world(ssrc, highest, out);
      default: return noise(out);
    }
  }
  std::uint64_t sent() const { return sent_; }

 private:
  /// In turn all that a robot may still have, and as many numbers as a datagram can name.
  void everything_is_lost(std::uint32_t ssrc, std::uint16_t highest, Bytes& out) const {
    rtp::Nack nack{1, ssrc, {}};
    for (int back = sent_ % 12 == 0 ? 4'000 : 250; back-- > 0;)
      nack.lost.push_back(static_cast<std::uint16_t>(highest - back));
    rtp::append_rtcp(nack, out);
  }
  static void key_frames_now(std::uint32_t ssrc, Bytes& out) {
    for (int i = 0; i < 60; ++i) rtp::append_rtcp(rtp::Pli{1, ssrc}, out);
  }
  void key_frames_by_number(std::uint32_t ssrc, Bytes& out) {
    for (int i = 0; i < 50; ++i) rtp::append_rtcp(rtp::Fir{1, {{ssrc, ++fir_}}}, out);
  }
  void arrivals_that_never_were(std::uint32_t ssrc, Bytes& out) {
    rtp::TransportFeedback feedback;
    feedback.sender_ssrc = 1;
    feedback.media_ssrc = ssrc;
    feedback.base = static_cast<std::uint16_t>(random_u32());
    feedback.count = 1'000;
    feedback.reference = static_cast<std::int32_t>(random_u32() & 0x7fffff);
    feedback.number = static_cast<std::uint8_t>(sent_);
    for (std::uint16_t i = 0; i < feedback.count; i += 2)
      feedback.received.push_back({static_cast<std::uint16_t>(feedback.base + i), i * 10});
    rtp::append_rtcp(feedback, out);
  }
  static void reports_of_another_world(std::uint32_t ssrc, std::uint16_t highest, Bytes& out) {
    rtp::ReportBlock block;
    block.ssrc = ssrc;
    block.fraction_lost = 255;
    block.cumulative_lost = 0x7fffff;
    block.highest_sequence = highest;
    block.jitter = 0xffffffff;
    block.last_sr = random_u32();
    block.delay_since_sr = random_u32();
    for (int i = 0; i < 30; ++i) rtp::append_rtcp(rtp::ReceiverReport{1, {block}}, out);
  }
  static void noise(Bytes& out) {
    out = {0x81, 205, 0, 250, 0, 0, 0, 1};
    while (out.size() < 1'000) out.push_back(static_cast<std::uint8_t>(random_u32()));
  }

  std::uint64_t sent_ = 0;
  std::uint8_t fir_ = 0;
};

}  // namespace bigfoot
