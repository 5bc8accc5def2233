#pragma once
// Which of the payload types that a peer can receive carries our H.264 (RFC 6184 8.2.2).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "h264/profile_level_id.hpp"
#include "sdp/description.hpp"
#include "sdp/media_view.hpp"
#include "sdp/remote.hpp"

namespace bigfoot::sdp {

struct H264Choice {
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> rtx_payload_type;
  h264::ProfileLevelId profile_level_id;  ///< agreed
  bool level_asymmetry_allowed = false;
  Feedback feedback;
};

/// The profile bits of `theirs` (an answer keeps the profile, RFC 6184 8.2.2) with our level; the lower of both levels
/// unless both sides allow asymmetry. Strictly, `theirs` would bound what we send then too; but Chromium 156 says 3.1
/// to whatever is offered and decodes all it has memory for, so its level is not taken as a limit.
h264::ProfileLevelId agree(const h264::ProfileLevelId& ours, const h264::ProfileLevelId& theirs,
                           bool level_asymmetry_allowed);

/// The best for a stream of `ours`: packetization-mode 1, the same profile before one whose decoders can show it too,
/// then the peer's order. The error is the rest of "no common codec: …" and names what the peer has instead.
[[nodiscard]] Result<H264Choice> choose_h264(const Media& media, const h264::ProfileLevelId& ours, Side side);

bool is_h264(const Codec& codec);
/// The payload type of the rtx whose apt is `payload_type` (RFC 4588 8.1).
std::optional<std::uint8_t> rtx_of(const std::vector<Codec>& all, std::uint8_t payload_type);
/// "VP8, VP9, AV1": eight at most, each once, without those that only repair others; printable.
std::string codec_names(const std::vector<Codec>& all);

}  // namespace bigfoot::sdp
