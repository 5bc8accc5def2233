#pragma once
// What one RTP payload of RFC 6184 says about its picture, without its neighbours: a receiver that lost packets has to
// know where a key frame begins before it has all of it.

#include "base/bytes.hpp"

namespace bigfoot::h264 {

struct PayloadPeek {
  bool sps = false;       ///< an SPS leads: nothing in front of this packet is needed to decode from here on
  bool slice = false;     ///< holds picture data, or a fragment of it
  bool idr = false;       ///< of an IDR picture
  bool fragment = false;  ///< a later fragment of a NAL unit: it can begin nothing
  bool operator==(const PayloadPeek&) const = default;
};

/// Never fails: of a malformed payload it says what it can, the depacketiser refuses it later.
PayloadPeek peek_payload(BytesView payload);

}  // namespace bigfoot::h264
