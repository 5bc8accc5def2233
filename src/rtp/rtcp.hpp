#pragma once
// RTCP of RFC 3550, 4585, 5104 and the WebRTC additions, as values. Compound packets and reduced-size ones (RFC 5506).

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::rtp {

struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;      ///< of 256, since the last report
  std::int32_t cumulative_lost = 0;    ///< 24 bits, signed: duplicates make it negative
  std::uint32_t highest_sequence = 0;  ///< extended
  std::uint32_t jitter = 0;            ///< in timestamp units
  std::uint32_t last_sr = 0;           ///< compact NTP
  std::uint32_t delay_since_sr = 0;    ///< 1/65536 s
  bool operator==(const ReportBlock&) const = default;
};
struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::vector<ReportBlock> reports;  ///< at most 31
  bool operator==(const SenderReport&) const = default;
};
struct ReceiverReport {
  std::uint32_t ssrc = 0;
  std::vector<ReportBlock> reports;
  bool operator==(const ReceiverReport&) const = default;
};
/// Only CNAME is kept of the items.
struct SourceDescription {
  struct Chunk {
    std::uint32_t ssrc = 0;
    std::string cname;
    bool operator==(const Chunk&) const = default;
  };
  std::vector<Chunk> chunks;
  bool operator==(const SourceDescription&) const = default;
};
struct Bye {
  std::vector<std::uint32_t> ssrcs;
  std::string reason;
  bool operator==(const Bye&) const = default;
};
struct Nack {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  std::vector<std::uint16_t> lost;  ///< each asked-for packet, the bit masks unfolded
  bool operator==(const Nack&) const = default;
};
struct Pli {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  bool operator==(const Pli&) const = default;
};
struct Fir {
  struct Request {
    std::uint32_t ssrc = 0;
    std::uint8_t number = 0;  ///< a repeated number is the same request (RFC 5104 4.3.1)
    bool operator==(const Request&) const = default;
  };
  std::uint32_t sender_ssrc = 0;
  std::vector<Request> requests;
  bool operator==(const Fir&) const = default;
};
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1. What is not in `received` of base … base + count - 1 did not
/// arrive.
struct TransportFeedback {
  struct Arrival {
    std::uint16_t sequence = 0;
    std::int64_t ticks = 0;  ///< 250 µs each, since `reference`
    bool operator==(const Arrival&) const = default;
  };
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  std::uint16_t base = 0;
  std::uint16_t count = 0;
  std::int32_t reference = 0;  ///< 24 bits, signed, in 64 ms
  std::uint8_t number = 0;     ///< counts the feedbacks
  std::vector<Arrival> received;
  bool operator==(const TransportFeedback&) const = default;
};
/// draft-alvestrand-rmcat-remb-03.
struct Remb {
  std::uint32_t sender_ssrc = 0;
  Bitrate bitrate;
  std::vector<std::uint32_t> ssrcs;
  bool operator==(const Remb&) const = default;
};

using RtcpPacket =
    std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, Nack, Pli, Fir, TransportFeedback, Remb>;

/// A datagram with more packets than this is refused.
inline constexpr std::size_t rtcp_packets_max = 64;

/// Every packet of the datagram that is known; unknown ones are skipped. Errors: not version 2, a length that passes
/// the end, a body too short for its type, too many packets. Nothing of a datagram with an error is returned.
[[nodiscard]] Result<std::vector<RtcpPacket>> parse_rtcp(BytesView datagram);

/// Appends one RTCP packet. Lists are cut to what a packet holds (31 reports, chunks, sources); lost packets of a Nack
/// are folded into bit masks in the order given.
void append_rtcp(const RtcpPacket& packet, Bytes& out);

}  // namespace bigfoot::rtp
