#pragma once
// Which payload types of a sender carry H.264 that we can receive.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "sdp/description.hpp"
#include "sdp/receiving.hpp"

namespace bigfoot::sdp {

struct Receivable {
  ReceivedFormat format;
  std::string fmtp;  ///< the parameters of our answer to it; may be empty
};

/// All of them, the best first: packetization-mode 1 before 0, then the sender's order. Never empty; the error is the
/// rest of "no common codec: …" and names what the sender has instead. Feedback that needs something else is cleared:
/// transport_cc without its header extension.
[[nodiscard]] Result<std::vector<Receivable>> receivable_h264(const Description& description, const Media& media);

/// The extensions that Bigfoot reads and whose direction lets the peer send them.
rtp::ExtensionIds received_extensions(const Description& description, const Media& media);

/// Name, SSRCs, extensions, reduced_size_rtcp and place of a track, whether taken or not. `before`: the tracks that
/// have their names already.
ReceivedTrack read_track(const Description& description, std::size_t line, const std::vector<ReceivedTrack>& before);

}  // namespace bigfoot::sdp
