#pragma once
// RFC 6184, packetization-mode 1, sender's side. An access unit is cut once, for all viewers: what comes out refers to
// the access unit's bytes, and what differs per viewer (RTP header, extensions, encryption) is put in front of it
// later.

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "h264/access_unit.hpp"

namespace bigfoot::h264 {

/// UDP payload ≤ 1200 in every mode: RTP and extensions 36, RTX 2, SRTP tag 16, TURN indication 36, reserve 10.
inline constexpr std::size_t payload_bytes_max = 1100;
/// A larger access unit is refused: at 30 fps it would be 2 Gbit/s.
inline constexpr std::size_t access_unit_bytes_max = 8 * 1024 * 1024;

/// One RTP payload: up to two bytes of FU-A indicator and header, then bytes of the access unit.
struct Payload {
  BytesView body;
  std::array<std::uint8_t, 2> header{};
  std::uint8_t header_size = 0;  ///< 0 or 2
  bool marker = false;           ///< RTP marker bit: the last packet of the access unit

  std::size_t size() const { return header_size + body.size(); }
  /// Writes size() bytes.
  void write(std::uint8_t* out) const {
    if (header_size != 0) {
      out[0] = header[0];
      out[1] = header[1];
    }
    std::memcpy(out + header_size, body.data(), body.size());
  }
};

/// An access unit ready to send; immutable, shared by all viewers and their histories.
class PacketizedFrame {
 public:
  PacketizedFrame() = default;
  PacketizedFrame(const PacketizedFrame&) = delete;
  PacketizedFrame& operator=(const PacketizedFrame&) = delete;

  std::size_t count() const { return payloads.size(); }

  AccessUnit unit;
  std::vector<Payload> payloads;  ///< never empty; only the last one has the marker
  std::size_t bytes = 0;          ///< sum of the payloads' sizes
  bool keyframe = false;          ///< holds an IDR picture, with SPS and PPS in front of it
  Bytes parameter_sets;           ///< what the STAP-A payload refers to
};
using FramePtr = std::shared_ptr<const PacketizedFrame>;

/// One per encoder. Remembers SPS and PPS, and puts them in front of an IDR picture that comes without. One thread.
class Packetizer {
 public:
  explicit Packetizer(std::size_t payload_max = payload_bytes_max);

  /// SPS and PPS travel together as one STAP-A where they fit, slices as single NAL units or as FU-A fragments of equal
  /// size (the last one smaller, so that one UDP GSO send takes them all); access unit delimiters and filler are
  /// dropped. nullptr: no slice in it; its parameter sets are remembered. Errors, a picture is lost: no start code,
  /// larger than access_unit_bytes_max, an IDR picture before any SPS and PPS was seen.
  [[nodiscard]] Result<FramePtr> packetize(AccessUnit unit);

  /// The last SPS seen, without start code; empty before the first.
  BytesView sps() const;

 private:
  struct ParameterSet {
    std::uint32_t id = 0;
    Bytes nal;
  };
  struct Contents {
    bool any = false, sps = false, pps = false, idr = false, slice = false;
  };
  static void remember(std::vector<ParameterSet>& sets, BytesView nal, std::size_t sets_max);
  Contents sort(BytesView bytes);
  void complete_headers(const Contents& has);

  std::size_t payload_max_;
  std::vector<ParameterSet> sps_;    // the newest stands last
  std::vector<ParameterSet> pps_;    // likewise
  std::vector<BytesView> headers_;   // SPS and PPS of the access unit in work
  std::vector<BytesView> pictures_;  // its other NAL units; both are members for their capacity
};

}  // namespace bigfoot::h264
