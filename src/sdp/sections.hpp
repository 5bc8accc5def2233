#pragma once
// The parts of our own descriptions: head, sending and receiving video section, rejected section. Offers and answers
// differ only in what they put in.

#include <string>
#include <string_view>
#include <vector>

#include "sdp/description.hpp"
#include "sdp/negotiated.hpp"
#include "sdp/receivable.hpp"

namespace bigfoot::sdp {

/// o=, BUNDLE over `mids` (none: no group), ice-options:trickle.
Description make_head(const Origin& origin, const std::vector<std::string>& mids);

/// A video section that sends `agreed` (a=inactive when not accepted), with codec, feedback, extensions, sources.
struct SendingSection {
  const TrackNegotiated& agreed;
  const Track& track;
  const std::string& cname;
  bool level_asymmetry_allowed = true;
  const Media* offered = nullptr;  ///< what this section answers; none in an offer
};
Media make_sending(const SendingSection& section);

/// A video section that receives (a=inactive when not accepted): formats with their parameters, extensions, feedback.
struct ReceivingSection {
  const ReceivedTrack& track;
  const std::vector<Receivable>& formats;
  const Media* offered = nullptr;  ///< what this section answers; none in an offer
};
Media make_receiving(const ReceivingSection& section);

/// A name inside a=msid and the like: token characters, others turned to "_", at most 64 (RFC 8830 2).
std::string token(std::string_view name, std::string_view instead_of_empty);

/// ICE credentials, fingerprint and setup; candidates too in the section that carries the BUNDLE.
void add_transport(Media& media, const LocalTransport& transport, Setup setup, bool with_candidates);

/// The peer's audio or video section answered with its first codec and a=inactive: no media, but its transport lives.
Media make_shell(const Media& offered);

/// The peer's section with port 0 (RFC 3264 6): type, protocol, formats and mid kept.
Media make_rejected(const Media& offered);

}  // namespace bigfoot::sdp
