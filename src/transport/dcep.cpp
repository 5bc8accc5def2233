#include "transport/dcep.hpp"

#include <string_view>

#include "base/check.hpp"
#include "base/text_sign.hpp"

namespace bigfoot::transport {
namespace {

// RFC 8832 8.2.1, 5.1.
constexpr std::uint8_t message_ack = 0x02;
constexpr std::uint8_t message_open = 0x03;
constexpr std::uint8_t type_reliable = 0x00;
constexpr std::uint8_t type_retransmits = 0x01;
constexpr std::uint8_t type_lifetime = 0x02;
constexpr std::uint8_t unordered = 0x80;
constexpr std::uint16_t priority_normal = 256;  // RFC 8831 6.4
constexpr std::size_t open_header = 12;

std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Result<> read_type(std::uint8_t type, std::uint32_t parameter, ChannelOptions& options) {
  options.ordered = (type & unordered) == 0;
  switch (type & ~unordered) {
    case type_reliable: return {};
    case type_retransmits: options.max_retransmits = parameter; return {};
    case type_lifetime: options.max_packet_life_time = Millis(parameter); return {};
    default: return fail("the peer opens a data channel of unknown type " + std::to_string(type));
  }
}

Result<DcepMessage> parse_open(ByteReader reader) {
  DcepMessage message{DcepKind::open, {}};
  const std::uint8_t type = reader.u8();
  reader.be16();  // priority: all our channels are equal
  const std::uint32_t parameter = reader.be32();
  const std::size_t label_size = reader.be16();
  const std::size_t protocol_size = reader.be16();
  if (!reader.ok() || reader.left() != label_size + protocol_size) return fail("a malformed DATA_CHANNEL_OPEN");
  if (label_size > dcep_text_max || protocol_size > dcep_text_max)
    return fail("a data channel's label or protocol is longer than " + std::to_string(dcep_text_max) + " bytes");
  message.options.label = as_text(reader.view(label_size));
  message.options.protocol = as_text(reader.view(protocol_size));
  if (!harmless(message.options.label) || !harmless(message.options.protocol))
    return fail("a data channel's label or protocol is no plain text");
  if (auto read = read_type(type, parameter, message.options); !read) return tl::unexpected(std::move(read.error()));
  return message;
}

}  // namespace

Result<DcepMessage> parse_dcep(BytesView bytes) {
  ByteReader reader(bytes);
  switch (const std::uint8_t kind = reader.u8()) {
    case message_ack: return DcepMessage{DcepKind::acknowledge, {}};
    case message_open: return parse_open(reader);
    default: return fail("an unknown DCEP message " + std::to_string(kind));
  }
}

Bytes write_dcep_open(const ChannelOptions& options) {
  BIGFOOT_CHECK(options.label.size() <= dcep_text_max && options.protocol.size() <= dcep_text_max,
                "a label or protocol too long for DCEP");
  const bool retransmits = options.max_retransmits.has_value();
  const bool lifetime = !retransmits && options.max_packet_life_time.has_value();
  Bytes bytes(open_header);
  bytes[0] = message_open;
  bytes[1] = retransmits ? type_retransmits : lifetime ? type_lifetime : type_reliable;
  if (!options.ordered) bytes[1] |= unordered;
  store_be16(&bytes[2], priority_normal);
  if (retransmits) store_be32(&bytes[4], *options.max_retransmits);
  if (lifetime) store_be32(&bytes[4], static_cast<std::uint32_t>(options.max_packet_life_time->count()));
  store_be16(&bytes[8], static_cast<std::uint32_t>(options.label.size()));
  store_be16(&bytes[10], static_cast<std::uint32_t>(options.protocol.size()));
  bytes.insert(bytes.end(), options.label.begin(), options.label.end());
  bytes.insert(bytes.end(), options.protocol.begin(), options.protocol.end());
  return bytes;
}

Bytes write_dcep_acknowledge() { return {message_ack}; }

}  // namespace bigfoot::transport
