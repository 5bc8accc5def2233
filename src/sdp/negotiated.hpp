#pragma once
// What goes into a negotiation (our tracks) and what comes out of it: the same for our offers and our answers.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "h264/profile_level_id.hpp"
#include "rtp/extensions.hpp"
#include "sdp/data_section.hpp"
#include "sdp/transport.hpp"

namespace bigfoot::sdp {

/// More cameras than payload types 96 to 127 can tell apart (one H.264 and one rtx each) are refused.
inline constexpr std::size_t tracks_max = 16;

/// One camera of ours: one sendonly video m-line.
struct Track {
  std::string name;  ///< camera name: media stream id and track id at the viewer (`event.streams[0].id`)
  h264::ProfileLevelId profile_level_id;
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;
  bool active = true;  ///< false: the m-line stays, a=inactive
};

/// o= line (RFC 8866 5.2): the id stays for a session, the version grows with every offer or answer of ours.
struct Origin {
  std::uint64_t session_id = 0;  ///< below 2^62 (RFC 9429 5.2.1)
  std::uint64_t version = 1;
};

/// RTCP feedback the viewer may send.
struct Feedback {
  bool nack = false;
  bool pli = false;
  bool fir = false;
  bool transport_cc = false;
  bool remb = false;
  bool operator==(const Feedback&) const = default;
};

/// What was agreed for one of our tracks.
struct TrackNegotiated {
  bool accepted = false;              ///< we may send
  std::string reason;                 ///< why not, for people; empty when accepted
  std::optional<std::size_t> m_line;  ///< index in the SDP; none when the viewer has fewer video m-lines than we tracks
  std::string mid;
  std::uint8_t payload_type = 0;  ///< valid when accepted
  std::optional<std::uint8_t> rtx_payload_type;
  rtp::ExtensionIds extensions;
  Feedback feedback;
  bool reduced_size_rtcp = false;         ///< a=rtcp-rsize on both sides (RFC 5506)
  h264::ProfileLevelId profile_level_id;  ///< agreed; its level is the most that may be sent
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;  ///< of use only with rtx_payload_type
};

struct Negotiated {
  std::vector<TrackNegotiated> tracks;  ///< tracks[i] is our track i; always as many as we have
  RemoteTransport remote;
  Setup setup = Setup::passive;   ///< our DTLS role: active (client) or passive (server)
  std::size_t bundle_m_line = 0;  ///< the m-line whose transport carries everything: candidates name it
  std::string bundle_mid;
  std::optional<DataNegotiated> data;  ///< data channels; only where our side has them too
};

}  // namespace bigfoot::sdp
