#pragma once
// The RTP packet of RFC 3550 with the header extensions of RFC 8285, both forms.

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace bigfoot::rtp {

inline constexpr std::size_t header_bytes = 12;

struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  bool operator==(const Header&) const = default;
};

/// A parsed packet; refers to the bytes it was parsed from.
struct Packet {
  Header header;
  std::uint16_t extension_profile = 0;  ///< 0xBEDE one-byte, 0x100X two-byte, 0 none
  BytesView extensions;                 ///< the extension block behind profile and length
  BytesView payload;                    ///< without padding
  std::uint8_t padding = 0;

  /// The value of extension `id` (1 to 14, or to 255 in the two-byte form); nothing when absent or malformed, and
  /// for 0, which stands for "not negotiated".
  std::optional<BytesView> extension(std::uint8_t id) const;
};

/// Errors: not version 2, shorter than it says, padding larger than the payload.
[[nodiscard]] Result<Packet> parse_packet(BytesView bytes);

/// Writes 12 bytes, no CSRC; `extended`: an extension block follows.
inline void write_header(const Header& header, bool extended, std::uint8_t* out) {
  out[0] = extended ? 0x90 : 0x80;
  out[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
  store_be16(out + 2, header.sequence);
  store_be32(out + 4, header.timestamp);
  store_be32(out + 8, header.ssrc);
}

/// Builds an extension block (profile, length, elements, padding to 4). One-byte form; the two-byte form is taken when
/// the constructor is told so, because some id is above 14 or some value longer than 16 bytes (RFC 8285 4.1.2).
class ExtensionWriter {
 public:
  ExtensionWriter(std::span<std::uint8_t> out, bool two_byte);
  /// Room for a value of `size` bytes: where to write it, or nullptr when it does not fit or the form cannot carry it.
  std::uint8_t* add(std::uint8_t id, std::size_t size);
  bool add(std::uint8_t id, BytesView value);
  /// Size of the whole block; 0 when nothing was added.
  std::size_t finish();

 private:
  std::span<std::uint8_t> out_;
  bool two_byte_;
  std::size_t at_ = 4;
};

/// Continues a counter that wraps (sequence numbers, timestamps) as 64 bits; a step back by less than half is
/// reordering.
template <class Wrapping>
class Unwrapper {
 public:
  std::int64_t unwrap(Wrapping value) {
    if (!started_) {
      started_ = true;
      last_ = value;
    } else {
      last_ = peek(value);
    }
    return last_;
  }
  /// What unwrap would give, without moving the reference.
  std::int64_t peek(Wrapping value) const {
    if (!started_) return value;
    using Signed = std::make_signed_t<Wrapping>;
    return last_ + static_cast<Signed>(static_cast<Wrapping>(value - static_cast<Wrapping>(last_)));
  }

 private:
  std::int64_t last_ = 0;
  bool started_ = false;
};

/// True when `a` comes after `b` modulo 2^16 (RFC 1982).
inline bool newer(std::uint16_t a, std::uint16_t b) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b)) > 0;
}

}  // namespace bigfoot::rtp
