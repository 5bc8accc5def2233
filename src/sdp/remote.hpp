#pragma once
// The peer's ICE credentials, certificate fingerprints and DTLS role, wherever it wrote them.

#include "base/result.hpp"
#include "sdp/description.hpp"
#include "sdp/transport.hpp"

namespace bigfoot::sdp {

enum class Side { offer, answer };

/// Reads the transport of `tagged`, the section that carries the BUNDLE: what it does not say itself is taken from the
/// session level, then from the other living sections. Errors: no or malformed ICE credentials, no usable fingerprint,
/// a role that cannot be.
[[nodiscard]] Result<RemoteTransport> read_remote(const Description& description, const Media& tagged, Side side);

/// ufrag 4 to 256 and pwd 22 to 256 ice-chars (RFC 8839 5.4).
[[nodiscard]] Result<> check_credentials(std::string_view ufrag, std::string_view pwd);

/// Our own role for the peer's word: actpass leaves the choice to `wish` (passive unless it says active).
Setup role_against(Setup remote, Setup wish);

}  // namespace bigfoot::sdp
