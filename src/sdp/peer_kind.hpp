#pragma once
// Which program the other side is: chooses the playout-delay we send, nothing else.

#include <string_view>

namespace bigfoot::sdp {

enum class PeerKind { chromium, firefox, safari, gstreamer, pion, libdatachannel, unknown };
const char* to_string(PeerKind kind);

/// From the offer or answer of the peer and, where known, its User-Agent (may be empty; the SDP wins, because what
/// counts is the WebRTC stack). Never fails: any text may be given.
PeerKind peer_kind(std::string_view sdp, std::string_view user_agent = {});

}  // namespace bigfoot::sdp
