#pragma once
// application/trickle-ice-sdpfrag (RFC 8840): the body of a WHEP PATCH and of the reply to it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sdp/transport.hpp"

namespace bigfoot::sdp {

/// The part behind one pseudo m-line.
struct FragmentSection {
  std::string mid;
  std::string media = "video";  ///< audio, video, application: written as "m=video 9 UDP/TLS/RTP/SAVPF 0"
  std::vector<Candidate> candidates;
  bool end_of_candidates = false;
};

struct Fragment {
  std::string ufrag;  ///< of the generation the candidates belong to; new ones ask for an ICE restart
  std::string pwd;
  std::vector<FragmentSection> sections;
  bool end_of_candidates = false;  ///< said for all sections

  /// Every candidate, in order: with BUNDLE all of them belong to one transport.
  std::vector<Candidate> candidates() const;
};

/// Errors: too large (16 KiB), not attribute lines, ufrag without pwd, different credentials in one fragment, a
/// candidate before any a=mid, a malformed candidate, more than 64 candidates.
[[nodiscard]] Result<Fragment> parse_fragment(std::string_view text);
/// With CRLF line ends; credentials at session level.
std::string to_string(const Fragment& fragment);

}  // namespace bigfoot::sdp
