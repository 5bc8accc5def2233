#pragma once
// Transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01), both ends.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot::rtp {

/// What became of one sent packet.
struct PacketResult {
  std::uint16_t sequence = 0;
  std::uint16_t size = 0;  ///< bytes on the wire as counted by the sender
  bool received = false;
  Timestamp sent;
  Nanos arrival{0};  ///< the receiver's clock, from an unknown epoch, continuous over feedbacks; 0 when lost
};

/// Numbers the packets of one transport and matches feedback with them. One per PeerConnection.
class TwccSender {
 public:
  TwccSender();
  /// The number for the next packet.
  std::uint16_t next() { return next_++; }
  /// The kernel took it. `size`: bytes of the packet.
  void on_sent(std::uint16_t sequence, std::size_t size, Timestamp at);
  /// What is new in the feedback, in order of sequence numbers. A packet is told as lost once, and again as received
  /// when a later feedback says so. Valid until the next call. Unknown and too old numbers are skipped.
  std::span<const PacketResult> on_feedback(const TransportFeedback& feedback);

 private:
  enum class State : std::uint8_t { empty, sent, lost, received };
  struct Record {
    Timestamp sent;
    std::int64_t number = 0;
    std::uint16_t size = 0;
    State state = State::empty;
  };
  static constexpr std::size_t records_max = 2048;  // 64 KiB a viewer: 7 s at 285 packets/s

  std::uint16_t next_ = 0;
  Unwrapper<std::uint16_t> unwrapper_;
  std::optional<std::int32_t> last_reference_;
  std::int64_t reference_ = 0;  // unwrapped
  std::vector<Record> records_;
  std::vector<PacketResult> results_;
};

/// The receiving end: notes arrivals, makes feedback.
class TwccReceiver {
 public:
  TwccReceiver(std::uint32_t sender_ssrc, std::uint32_t media_ssrc)
      : sender_ssrc_(sender_ssrc), media_ssrc_(media_ssrc) {}
  void on_packet(std::uint16_t sequence, Timestamp arrival);
  /// All arrivals since the last one; nothing when there are none. Several calls may be needed when the arrivals lie
  /// too far apart for one feedback (a delta is at most 8.19 s) or are more than one datagram holds.
  std::optional<TransportFeedback> take();

 private:
  struct Arrival {
    std::int64_t number;
    Timestamp at;
  };
  static constexpr std::size_t arrivals_max = 4096;
  static constexpr std::size_t statuses_max = 1000;  // fits a 1200-byte datagram: 1000 deltas of a byte + 143 chunks

  std::uint32_t sender_ssrc_;
  std::uint32_t media_ssrc_;
  Unwrapper<std::uint16_t> unwrapper_;
  std::vector<Arrival> arrivals_;
  std::optional<std::int64_t> next_base_;
  std::uint8_t number_ = 0;
};

}  // namespace bigfoot::rtp
