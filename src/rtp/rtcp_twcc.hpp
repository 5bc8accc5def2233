#pragma once
// The body of a transport-wide feedback packet: run-length and bit-vector chunks, then the deltas.

#include "base/bytes.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot::rtp {

/// Reads what stands behind the RTCP header. False: cut short, a reserved symbol, no packets.
bool read_transport_feedback(ByteReader& reader, TransportFeedback& out);
/// Appends the same. Arrivals must be in order of sequence numbers within base … base + count - 1, each delta within
/// ±8.19 s; an arrival that is not, is written as not received.
void append_transport_feedback(const TransportFeedback& feedback, Bytes& out);

}  // namespace bigfoot::rtp
