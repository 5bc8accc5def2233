#pragma once
// What the attributes of a media section say: codecs with their feedback, direction, header extensions.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rtp/extensions.hpp"
#include "sdp/description.hpp"
#include "sdp/negotiated.hpp"

namespace bigfoot::sdp {

/// One payload type with an rtpmap; all views point into the Media.
struct Codec {
  std::uint8_t payload_type = 0;
  std::string_view name;  ///< as written: compare with equal_ignoring_case
  std::uint32_t clock_rate = 0;
  std::string_view fmtp;  ///< parameters only
  Feedback feedback;

  /// The value of `name=value` in fmtp (names ignore case, RFC 6838 4.3); nullopt when absent.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

/// In the order of the m-line, which is the peer's preference. Payload types above 127 and 64 to 95 (taken for RTCP
/// when multiplexed, RFC 5761 4) and formats without rtpmap are left out.
std::vector<Codec> codecs(const Media& media);

enum class Direction { sendrecv, sendonly, recvonly, inactive };
/// Media level, else session level, else sendrecv (RFC 8866 6.7).
Direction direction(const Description& description, const Media& media);

/// Who sends the media.
enum class Way { to_peer, from_peer };
/// The extensions that Bigfoot uses and whose direction lets the sender send them; 0 where absent or not 1 to 14.
rtp::ExtensionIds extensions(const Description& description, const Media& media, Way way = Way::to_peer);

/// The direction with which the section maps the extension ("recvonly" of "N/recvonly"), empty without one. An answer
/// turns it round (RFC 8285 6).
std::string_view mapped_direction(const Media& media, std::string_view uri);

/// Port 0, and not because of a=bundle-only (RFC 9143 6).
bool is_rejected(const Media& media);
/// a=mid; empty when there is none.
std::string_view mid_of(const Media& media);
/// The mids of the first a=group:BUNDLE; empty when there is none.
std::vector<std::string_view> bundle_of(const Description& description);

}  // namespace bigfoot::sdp
