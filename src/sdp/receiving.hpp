#pragma once
// What comes out of a negotiation in which the other side sends and we receive: the same for our answers to a sender's
// offer (receive_answer.hpp) and for our own offers (receive_offer.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "h264/profile_level_id.hpp"
#include "rtp/extensions.hpp"
#include "sdp/negotiated.hpp"

namespace bigfoot::sdp {

/// One payload type of H.264 that may come in. A sender that was left the choice may change between those of a track.
struct ReceivedFormat {
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> rtx_payload_type;          ///< RFC 4588: what was lost may be asked for and comes here
  std::optional<h264::ProfileLevelId> profile_level_id;  ///< what the sender says of its stream; often not true
  Feedback feedback;                                     ///< what the sender listens to; `remb` is never set
  /// SPS and PPS, NAL units without start code (sprop-parameter-sets, RFC 6184 8.1). Senders made of GStreamer may say
  /// them here only; those that come in the stream count more.
  std::vector<Bytes> parameter_sets;
  bool operator==(const ReceivedFormat&) const = default;
};

/// One video m-line.
struct ReceivedTrack {
  bool accepted = false;  ///< the sender may send
  std::string reason;     ///< why not, for people; empty when accepted
  std::size_t m_line = 0;
  std::string mid;
  /// For people, made of letters, digits, "-", "_" and "." (64 at most, not "." first), and no other track's: the name
  /// of the media stream, which is a robot's camera, where it is one and no UUID; else the mid unless it is a number;
  /// else "video.0".
  std::string name;
  std::vector<ReceivedFormat> formats;  ///< not empty when accepted; the sender's favourite first
  rtp::ExtensionIds extensions;         ///< `playout_delay` is always 0: what is whole is shown at once
  bool reduced_size_rtcp = false;       ///< RTCP packets need not begin with a report (RFC 5506)
  /// Where it was told. Otherwise packets are told apart by the mid extension, or by payload type when only one track
  /// has it.
  std::optional<std::uint32_t> ssrc;
  std::optional<std::uint32_t> rtx_ssrc;
};

struct Receiving {
  std::vector<ReceivedTrack> tracks;  ///< one for every video m-line, in their order, refused ones too
  RemoteTransport remote;
  Setup setup = Setup::passive;   ///< our DTLS role: active (client) or passive (server)
  std::size_t bundle_m_line = 0;  ///< the m-line whose transport carries everything: candidates name it
  std::string bundle_mid;
  std::optional<DataNegotiated> data;  ///< data channels; only where our side has them too
};

}  // namespace bigfoot::sdp
