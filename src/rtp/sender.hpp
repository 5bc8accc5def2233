#pragma once
// One viewer's view of one camera: puts this viewer's RTP header and extensions in front of shared payloads, remembers
// what went out, repeats it when asked (RFC 4588), reports (SR) and reads the viewer's reports (RR).

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "h264/packetizer.hpp"
#include "rtp/extensions.hpp"
#include "rtp/history.hpp"
#include "rtp/ntp.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot::rtp {

/// Room for any packet of a TrackSender: header, every extension, OSN, payload.
inline constexpr std::size_t packet_bytes_max = 1200;
/// One NACK of a full datagram could name 6000 packets; Chromium gives up and asks for a keyframe at 1000 missing.
inline constexpr std::size_t nack_max = 256;

struct TrackConfig {
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;  ///< 0: no RTX, so no repair: the same number twice under SRTP would use a nonce twice
  std::uint8_t payload_type = 0;
  std::uint8_t rtx_payload_type = 0;
  ExtensionIds extensions;
  std::string mid;
  std::string cname;
  std::optional<PlayoutDelay> playout_delay;
  /// Random, below 2^15 (RFC 3711 3.3.1: the first wrap must not come before the first report).
  std::uint16_t first_sequence = 0;
  std::uint16_t first_rtx_sequence = 0;  ///< random, likewise
  std::uint32_t timestamp_offset = 0;    ///< random
  History::Limits history;
};

struct TrackStats {
  std::uint64_t packets = 0, payload_bytes = 0, frames = 0;
  std::uint64_t rtx_packets = 0, rtx_bytes = 0;  ///< bytes: the repeated payloads
  std::uint64_t nacked = 0;                      ///< packets asked for
  std::uint64_t nacked_gone = 0;                 ///< of these, no longer in the history (or RTX is not negotiated)
  double loss_ratio = 0;                         ///< of the last RR interval, before repair
  std::int32_t lost = 0;                         ///< cumulative, as the viewer says
  Nanos jitter{0};
  std::optional<Nanos> rtt;  ///< last one measured
};

/// Loop thread. Time is passed in.
class TrackSender {
 public:
  TrackSender(TrackConfig config, WallOffset wall);

  /// Writes packet `index` of the frame as plain RTP into `out` (packet_bytes_max bytes) and takes it into the history.
  /// Packets of a frame are written in order; all of them carry the same extensions (UDP GSO needs equal sizes).
  /// Returns the size. The marker, sequence number and transport-wide number are the only header fields that change in
  /// a frame.
  std::size_t write(const h264::FramePtr& frame, std::size_t index, std::uint16_t transport_sequence, Timestamp now,
                    std::span<std::uint8_t> out);

  /// One packet to send again, as write_rtx takes it.
  struct Repeat {
    std::uint16_t sequence = 0;
    std::size_t size = 0;  ///< near enough for budgets
  };
  /// Which of the asked-for packets to send again now: those still in the history that were not sent again within
  /// `rtt`. Appends to `out`. Looks at the first `nack_max` numbers: more than these are for a keyframe.
  void on_nack(const Nack& nack, Nanos rtt, Timestamp now, std::vector<Repeat>& out);
  /// Writes that packet in its RTX form. 0 when it has left the history meanwhile, or RTX is not negotiated.
  std::size_t write_rtx(std::uint16_t sequence, std::uint16_t transport_sequence, Timestamp now,
                        std::span<std::uint8_t> out);

  /// Appends SR and SDES (CNAME).
  void append_report(Timestamp now, Bytes& out) const;
  /// A report block about our SSRC; others are ignored. Returns the RTT when it can be told.
  std::optional<Nanos> on_report(const ReportBlock& block, Timestamp now);

  std::uint32_t ssrc() const { return config_.ssrc; }
  std::uint32_t rtx_ssrc() const { return config_.rtx_ssrc; }
  std::uint32_t timestamp_of(Timestamp captured) const;
  std::uint16_t next_sequence() const { return sequence_; }
  const TrackStats& stats() const { return stats_; }

 private:
  void begin_frame(const h264::FramePtr& frame, Timestamp now);
  std::size_t make_template(std::uint8_t payload_type, std::uint32_t ssrc, std::uint32_t timestamp, bool with_mid,
                            bool with_delay, const AbsCaptureTime* capture, std::uint8_t* out);

  TrackConfig config_;
  WallOffset wall_;
  History history_;
  TrackStats stats_;
  std::uint16_t sequence_;
  std::uint16_t rtx_sequence_;
  bool two_byte_;

  static constexpr std::size_t template_bytes = 96;
  alignas(16) std::array<std::uint8_t, template_bytes> template_{};  // header and extensions of the current frame
  std::size_t template_size_ = 0;
  h264::FramePtr current_;

  bool mid_known_ = false;
  bool delay_known_ = false;
  std::optional<std::uint16_t> delay_first_sequence_;  // first packet that carried the present playout delay
  std::optional<std::uint16_t> mid_first_sequence_;
  std::optional<Timestamp> capture_time_sent_;
};

}  // namespace bigfoot::rtp
