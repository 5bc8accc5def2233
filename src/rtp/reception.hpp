#pragma once
// What a receiver reports about one stream (RFC 3550 6.4.1, algorithms of its appendix A): lost, highest number,
// jitter, and what lets the sender measure the round trip. Repeats on the RTX stream are not counted: the report is
// about the path, not about the picture.

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot::rtp {

class Reception {
 public:
  /// Every packet of the stream as it arrives, duplicates too (they count as received, as RFC 3550 A.3 has it). One
  /// stream: whoever sees the SSRC change or the numbers start again begins a new Reception.
  void on_packet(const Header& header, Timestamp arrival);
  void on_sender_report(const SenderReport& report, Timestamp arrival);
  /// The block to send now. Its loss is since the one before.
  ReportBlock report(Timestamp now);

  /// Interarrival jitter, the smoothed mean of RFC 3550 A.8. Packets of one picture share a timestamp, so that the time
  /// that pacing spreads them over is in it.
  Nanos jitter() const;
  /// 0 … 1, of the time between the last two reports.
  double loss_ratio() const { return loss_ratio_; }
  std::uint64_t packets() const { return static_cast<std::uint64_t>(received_); }

 private:
  std::uint32_t ssrc_ = 0;
  Unwrapper<std::uint16_t> unwrapper_;
  std::int64_t first_ = 0;
  std::int64_t highest_ = 0;
  std::int64_t received_ = 0;
  std::int64_t expected_before_ = 0;
  std::int64_t received_before_ = 0;
  double loss_ratio_ = 0;

  std::optional<std::uint32_t> transit_;
  std::uint64_t jitter_ = 0;  // in 1/16 of a timestamp unit

  std::uint32_t last_sr_ = 0;
  Timestamp last_sr_arrival_;
};

}  // namespace bigfoot::rtp
