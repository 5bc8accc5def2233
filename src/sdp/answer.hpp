#pragma once
// Our answer to a viewer that offers: WHEP, and signaling consumers that bring their own offer.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sdp/negotiated.hpp"

namespace bigfoot::sdp {

struct Answer {
  std::string text;  ///< SDP with CRLF line ends
  Negotiated negotiated;
};

/// Our side of an answer. `transport.setup` is a wish: passive (the default of actpass) makes browsers choose AES-GCM;
/// an offer that says active or passive leaves no choice.
struct AnswerSide {
  Origin origin;
  LocalTransport transport;
  std::string cname;
  std::vector<Track> tracks;     ///< go to the viewer's video m-lines that receive, in order; 1 to tracks_max
  std::optional<DataSide> data;  ///< for the viewer's first m=application in the BUNDLE; none: it is refused
};

/// Sections we have nothing for (audio, more video than cameras, application unless `data`) get port 0 and leave the
/// BUNDLE; only an audio or video section that comes first in it stays, inactive, because its transport is everybody's.
/// Errors say what is missing: not SDP, no video asked for, "no common codec" (is_no_common_codec: WHEP 406), no ICE
/// credentials, no fingerprint, no rtcp-mux. Without BUNDLE only the first video section is served.
[[nodiscard]] Result<Answer> answer_offer(std::string_view offer, const AnswerSide& side);

/// The error is "no common codec: …". The words are the mark, because they travel to the server as text.
bool is_no_common_codec(const Error& error);

}  // namespace bigfoot::sdp
