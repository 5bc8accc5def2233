#pragma once
// The Data Channel Establishment Protocol (RFC 8832): how one side tells the other that a stream pair is a channel now.
// Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace bigfoot::transport {

/// What a channel promises. At most one of the two bounds is set; without either every message arrives.
struct ChannelOptions {
  std::string label;
  std::string protocol;  ///< a subprotocol (RFC 8832 8.2); mostly empty
  bool ordered = true;
  std::optional<std::uint32_t> max_retransmits;
  std::optional<Millis> max_packet_life_time;
  bool operator==(const ChannelOptions&) const = default;
};

enum class DcepKind { open, acknowledge };

struct DcepMessage {
  DcepKind kind = DcepKind::acknowledge;
  ChannelOptions options;  ///< of an open
};

/// SCTP's payload protocol identifiers of WebRTC (RFC 8831 8).
namespace ppid {
inline constexpr std::uint32_t dcep = 50;
inline constexpr std::uint32_t text = 51;
inline constexpr std::uint32_t binary = 53;
/// SCTP has no empty messages: one zero byte goes instead, and is no part of the message.
inline constexpr std::uint32_t text_empty = 56;
inline constexpr std::uint32_t binary_empty = 57;
}  // namespace ppid

/// Label and protocol, each, of an open.
inline constexpr std::size_t dcep_text_max = 256;

/// Errors: an unknown message or channel type, lengths that are not those of the message, a label or protocol that is
/// too long or no plain UTF-8: they stand in logs.
[[nodiscard]] Result<DcepMessage> parse_dcep(BytesView message);
/// DATA_CHANNEL_OPEN, priority normal. Label and protocol must be within dcep_text_max.
Bytes write_dcep_open(const ChannelOptions& options);
/// DATA_CHANNEL_ACK.
Bytes write_dcep_acknowledge();

}  // namespace bigfoot::transport
