#pragma once
// RFC 6184, packetization-mode 1, receiver's side: payloads in order → Annex B access units.

#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "h264/packetizer.hpp"

namespace bigfoot::h264 {

struct ReceivedUnit {
  Bytes bytes;  ///< Annex B, start codes 00 00 00 01
  std::uint32_t timestamp = 0;
  std::uint16_t last_sequence = 0;
  bool keyframe = false;     ///< an IDR slice
  bool damaged = false;      ///< packets are missing inside it, or some were refused
  bool lost_before = false;  ///< packets are missing right in front of it: of it, or of pictures it refers to
};

/// Fed by a receiver that has put the packets in order; what is missing then stays missing.
class Depacketizer {
 public:
  /// Errors: a packet type that mode 1 does not have (STAP-B, MTAP, FU-B: never parsed, see CVE-2026-119610 in
  /// rtph264depay's MTAP code), a malformed payload, an access unit above access_unit_bytes_max. The packet is then
  /// left out and its access unit marked as damaged.
  [[nodiscard]] Result<> push(std::uint16_t sequence, std::uint32_t timestamp, bool marker, BytesView payload);
  /// Finished access units, oldest first. One ends with its marker, or when the next timestamp begins.
  std::optional<ReceivedUnit> take();
  /// Forgets everything, as after a new session.
  void reset();

 private:
  Result<> append(BytesView payload);
  Result<> append_stap_a(BytesView payload);
  Result<> append_fu_a(BytesView payload);
  Result<> append_nal(BytesView nal);
  void start_nal(std::uint8_t header);
  void finish();
  void drop_fragment();

  ReceivedUnit unit_;
  bool open_ = false;
  std::optional<std::size_t> fragment_start_;  // where the unfinished FU-A began in unit_.bytes
  std::uint8_t fragment_type_ = 0;
  std::optional<std::uint16_t> last_sequence_;
  std::deque<ReceivedUnit> ready_;
};

}  // namespace bigfoot::h264
