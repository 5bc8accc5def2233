#pragma once
// Our answer, as a viewer, to a sender that offers: the robot over signaling, or another program's webrtcbin.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sdp/receiving.hpp"

namespace bigfoot::sdp {

/// Our side of an answer. `transport.setup` is a wish: passive (the default of actpass) unless it says active; an offer
/// that says active or passive leaves no choice. Each answer of a session has a higher origin.version.
struct ReceivingSide {
  Origin origin;
  LocalTransport transport;
  std::optional<DataSide> data;     ///< for the sender's first m=application in the BUNDLE; none: it is refused
  std::size_t tracks = tracks_max;  ///< so many of its cameras at most, in order; at least 1
};

struct ReceiveAnswer {
  std::string text;  ///< SDP with CRLF line ends
  Receiving receiving;
};

/// Every video section with H.264 that sends is taken, recvonly, with one format (packetization-mode 1 before 0, then
/// the sender's order) and what it offers of rtx, NACK, PLI, FIR, transport-wide-cc, abs-capture-time and mid. All else
/// gets port 0 and leaves the BUNDLE; only audio or video that comes first in it stays, inactive, because its transport
/// is everybody's. Again for a re-offer (ICE restart, more cameras): what stood before is answered as before.
/// Errors: not SDP, no video sent, "no common codec" (is_no_common_codec), no ICE credentials, no fingerprint, no
/// rtcp-mux. Without BUNDLE only the first video section is taken.
[[nodiscard]] Result<ReceiveAnswer> answer_sender(std::string_view offer, const ReceivingSide& side);

}  // namespace bigfoot::sdp
