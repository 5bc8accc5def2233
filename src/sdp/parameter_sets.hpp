#pragma once
// sprop-parameter-sets (RFC 6184 8.1): SPS and PPS in SDP, base64 and separated by commas.

#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace bigfoot::sdp {

/// NAL units without start code. Empty when any of them is no base64, or when there are more than 16 or 4 KiB of them:
/// half a set of parameters would be worse than none.
std::vector<Bytes> parse_parameter_sets(std::string_view text);

}  // namespace bigfoot::sdp
