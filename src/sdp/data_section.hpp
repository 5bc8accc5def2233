#pragma once
// m=application for data channels (RFC 8841): what we write, and what a peer's section says.

#include <optional>
#include <string>

#include "sdp/description.hpp"
#include "sdp/transport.hpp"

namespace bigfoot::sdp {

/// Our side of SCTP over DTLS.
struct DataSide {
  std::uint16_t sctp_port = 5000;
  std::uint32_t max_message_size = 65536;  ///< bytes that we take
};

/// What was agreed.
struct DataNegotiated {
  std::size_t m_line = 0;
  std::string mid;
  RemoteData remote;
};

/// What a peer's section says; nothing when it is none for data channels, was rejected, or has closed SCTP (port 0).
/// The form of old drafts (DTLS/SCTP with a=sctpmap) is not read: no browser of these years writes it.
std::optional<RemoteData> read_data(const Media& media);

/// A living section, without transport.
Media make_data(const std::string& mid, const DataSide& side);

}  // namespace bigfoot::sdp
