#pragma once
// How large what a stranger writes may be. tests/conformance/limits.json holds these numbers once more and holds the
// codec, docs/protocol.schema.json, docs/protocol.md and web/js/protocol.js against them.

#include <cstddef>

#include "base/clock.hpp"

namespace bigfoot::protocol {

/// A message from a peer larger than this is refused before it is parsed. Bytes.
inline constexpr std::size_t message_bytes_max = 256 * 1024;
/// The same for what a server says: one `list` carries the meta of every robot of a fleet. Bytes.
inline constexpr std::size_t server_message_bytes_max = 4 * 1024 * 1024;
/// Objects and lists within each other, the message included.
inline constexpr int depth_max = 32;
/// One peer's meta as text. It is repeated in every list, so it stays small. Bytes.
inline constexpr std::size_t meta_bytes_max = 8 * 1024;
/// A meta stands two levels deeper in a list than in setPeerStatus, so it must stay well below depth_max.
inline constexpr int meta_depth_max = 16;
/// An SDP and a trickle fragment, unescaped. Bytes.
inline constexpr std::size_t sdp_bytes_max = 192 * 1024;
inline constexpr std::size_t sdpfrag_bytes_max = 16 * 1024;
/// Ids of peers, sessions and requests, names of cameras, features and error codes. Bytes.
inline constexpr std::size_t id_bytes_max = 256;
/// Resume tokens, candidates, User-Agents. Bytes.
inline constexpr std::size_t token_bytes_max = 4096;
/// Entries of a list in one message.
inline constexpr std::size_t roles_max = 8;
inline constexpr std::size_t cameras_max = 32;
inline constexpr std::size_t resume_max = 256;
inline constexpr std::size_t features_max = 64;
/// Keys of a camera in `configure`, and what `configured` says of them.
inline constexpr std::size_t values_max = 64;
inline constexpr std::size_t value_bytes_max = 4096;
/// A JSON body that changes a camera. Bytes.
inline constexpr std::size_t values_bytes_max = 16 * 1024;
/// A picture older than this is no report of a delay but of a broken clock.
inline constexpr Nanos report_delay_max = 60s;

}  // namespace bigfoot::protocol
