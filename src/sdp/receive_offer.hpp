#pragma once
// Our offer, as a viewer, to a sender that answers (WHEP), and what it answered.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sdp/receiving.hpp"

namespace bigfoot::sdp {

/// Everything the offer says: `tracks` recvonly video sections, each with H.264 as constrained baseline, baseline,
/// main, constrained high and high in packetization-mode 1, rtx for each. Level 3.1 as in browsers' offers, with
/// asymmetry allowed: there are servers that compare the text, and any size is taken.
struct ReceiveOffer {
  Origin origin;
  LocalTransport transport;
  std::size_t tracks = 1;        ///< 1 to tracks_max: as many cameras at most
  std::optional<DataSide> data;  ///< stands behind the videos; none: no m=application
};

/// SDP text with CRLF line ends.
std::string make_receive_offer(const ReceiveOffer& offer);

/// What the sender gives. Errors: not SDP, m-lines that are not those of the offer, no ICE credentials, fingerprint or
/// rtcp-mux, an impossible a=setup, and "no common codec" (is_no_common_codec) when it sends none of the videos.
[[nodiscard]] Result<Receiving> read_sender_answer(const ReceiveOffer& offer, std::string_view answer);

}  // namespace bigfoot::sdp
