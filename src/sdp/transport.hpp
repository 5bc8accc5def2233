#pragma once
// What SDP says about the transport below the media: shared by negotiation and src/transport.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bigfoot::sdp {

/// a=setup (RFC 8842): who starts the DTLS handshake.
enum class Setup { actpass, active, passive };

/// One certificate digest of RFC 8122, normalised: algorithm in lower case, digest in upper-case hex pairs with colons.
struct Fingerprint {
  std::string algorithm;  ///< "sha-256", "sha-384", "sha-512"
  std::string digest;
  bool operator==(const Fingerprint&) const = default;
};

/// An ICE candidate of RFC 8839; `address` may be a `.local` name (RFC 8828).
struct Candidate {
  std::string foundation;
  int component = 1;
  std::string protocol = "udp";  ///< lower case
  std::uint32_t priority = 0;
  std::string address;
  std::uint16_t port = 0;
  std::string type = "host";  ///< host, srflx, prflx, relay
  std::string related_address;
  std::uint16_t related_port = 0;
  std::string tcp_type;  ///< active, passive or so (RFC 6544); empty for UDP
  std::string ufrag;     ///< of the generation it belongs to; empty when not said
  bool operator==(const Candidate&) const = default;
  bool is_mdns() const { return address.size() > 6 && address.ends_with(".local"); }
};

/// Reads "candidate:…" or "a=candidate:…".
[[nodiscard]] Result<Candidate> parse_candidate(std::string_view text);
/// "candidate:…", without "a=".
std::string to_string(const Candidate& candidate);

/// What the peer's m=application says of SCTP over the same DTLS (RFC 8841): data channels.
struct RemoteData {
  std::uint16_t sctp_port = 5000;
  std::uint64_t max_message_size = 65536;  ///< bytes; 0: as long as we like
};

/// Our side, for an offer or answer.
struct LocalTransport {
  std::string ufrag;
  std::string pwd;
  std::string fingerprint;  ///< "sha-256 AB:…"
  Setup setup = Setup::actpass;
  std::vector<std::string> candidates;  ///< "candidate:…" gathered so far
  bool gathering_complete = false;
};

/// The peer's side, from its offer or answer (the BUNDLE-tagged section, RFC 9143).
struct RemoteTransport {
  std::string ufrag;
  std::string pwd;
  std::vector<Fingerprint> fingerprints;  ///< never empty: a description without one is refused
  Setup setup = Setup::active;            ///< the peer's own word
  bool ice_lite = false;
  std::vector<Candidate> candidates;
};

}  // namespace bigfoot::sdp
