#pragma once
// Which SCTP packets of a peer usrsctp gets to see. Debian's usrsctp is of 2021 and knows many extensions that data
// channels never use; what we did not ask for does not reach its parsers. Pure.

#include "base/bytes.hpp"

namespace bigfoot::transport {

/// A packet of whole chunks, each of a kind that data channels need: RFC 9260, RFC 3758 (FORWARD-TSN), RFC 6525
/// (RE-CONFIG), RFC 4820 (PAD). INIT, INIT ACK and SHUTDOWN COMPLETE stand alone (RFC 9260 4.3).
bool sctp_packet_passes(BytesView packet);

}  // namespace bigfoot::transport
