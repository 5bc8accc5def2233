#pragma once
// The robot's offer over signaling, and the viewer's answer to it.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sdp/negotiated.hpp"

namespace bigfoot::sdp {

/// Data channels in an offer.
struct OfferedData {
  DataSide side;
  /// Its place: as many tracks stand before it. The first offer's `tracks.size()` puts it last.
  std::size_t m_line = 0;
};

/// Everything an offer of ours says. A re-offer is the same value with a higher origin.version and new transport:
/// m-lines, mids, payload types and extension ids follow from the place in `tracks` (and of `data`), so they stay as
/// they were.
struct Offer {
  Origin origin;
  LocalTransport transport;
  std::string cname;                ///< RTCP CNAME, one for all tracks
  std::vector<Track> tracks;        ///< 1 to tracks_max; append only over re-offers (a camera that left is !active)
  std::optional<OfferedData> data;  ///< none: no m=application; stays as it was over re-offers
};

/// SDP text with CRLF line ends.
std::string make_offer(const Offer& offer);

/// What the viewer accepted. Errors: not SDP, m-lines that are not those of the offer, no ICE credentials, fingerprint
/// or rtcp-mux, an impossible a=setup, and "no common codec" (is_no_common_codec) when it took none of the cameras.
[[nodiscard]] Result<Negotiated> read_answer(const Offer& offer, std::string_view answer);

}  // namespace bigfoot::sdp
