#include "rtp/packet.hpp"

namespace bigfoot::rtp {
namespace {

constexpr std::uint16_t one_byte_profile = 0xBEDE;
constexpr std::uint16_t two_byte_profile = 0x1000;  // the low four bits are the application's

bool is_two_byte(std::uint16_t profile) { return (profile & 0xfff0) == two_byte_profile; }

std::optional<BytesView> find_one_byte(BytesView block, std::uint8_t wanted) {
  ByteReader reader(block);
  while (reader.left() > 0) {
    const std::uint8_t head = reader.u8();
    const std::uint8_t id = head >> 4;
    if (head == 0) continue;            // padding
    if (id == 15) return std::nullopt;  // RFC 8285 4.2: stop here
    const BytesView value = reader.view((head & 0x0f) + 1u);
    if (!reader.ok()) return std::nullopt;
    if (id == wanted) return value;
  }
  return std::nullopt;
}

std::optional<BytesView> find_two_byte(BytesView block, std::uint8_t wanted) {
  ByteReader reader(block);
  while (reader.left() > 0) {
    const std::uint8_t id = reader.u8();
    if (id == 0) continue;  // padding
    const BytesView value = reader.view(reader.u8());
    if (!reader.ok()) return std::nullopt;
    if (id == wanted) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<BytesView> Packet::extension(std::uint8_t id) const {
  if (id == 0) return std::nullopt;
  if (extension_profile == one_byte_profile) return find_one_byte(extensions, id);
  if (is_two_byte(extension_profile)) return find_two_byte(extensions, id);
  return std::nullopt;
}

Result<Packet> parse_packet(BytesView bytes) {
  if (bytes.size() < header_bytes) return fail("RTP packet is shorter than its header");
  if (bytes[0] >> 6 != 2) return fail("RTP version is not 2");
  ByteReader reader(bytes);
  const std::uint8_t first = reader.u8();
  const std::uint8_t second = reader.u8();
  Packet packet;
  packet.header.marker = (second & 0x80) != 0;
  packet.header.payload_type = second & 0x7f;
  packet.header.sequence = reader.be16();
  packet.header.timestamp = reader.be32();
  packet.header.ssrc = reader.be32();
  reader.skip((first & 0x0fu) * 4);  // CSRC
  if ((first & 0x10) != 0) {
    packet.extension_profile = reader.be16();
    packet.extensions = reader.view(reader.be16() * 4u);
  }
  packet.payload = reader.view(reader.left());
  if (!reader.ok()) return fail("RTP packet is shorter than its CSRC list or extensions");
  if ((first & 0x20) != 0) {
    packet.padding = packet.payload.empty() ? std::uint8_t{0} : packet.payload.back();
    if (packet.padding == 0 || packet.padding > packet.payload.size())
      return fail("RTP padding is larger than the payload");
    packet.payload = packet.payload.first(packet.payload.size() - packet.padding);
  }
  return packet;
}

ExtensionWriter::ExtensionWriter(std::span<std::uint8_t> out, bool two_byte) : out_(out), two_byte_(two_byte) {}

std::uint8_t* ExtensionWriter::add(std::uint8_t id, std::size_t size) {
  const std::size_t head = two_byte_ ? 2 : 1;
  const bool carried = two_byte_ ? id != 0 && size <= 255 : id >= 1 && id <= 14 && size >= 1 && size <= 16;
  if (!carried || at_ + head + size > out_.size()) return nullptr;
  if (two_byte_) {
    out_[at_] = id;
    out_[at_ + 1] = static_cast<std::uint8_t>(size);
  } else {
    out_[at_] = static_cast<std::uint8_t>(id << 4 | (size - 1));
  }
  std::uint8_t* value = out_.data() + at_ + head;
  at_ += head + size;
  return value;
}

bool ExtensionWriter::add(std::uint8_t id, BytesView value) {
  std::uint8_t* at = add(id, value.size());
  if (at == nullptr) return false;
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  return true;
}

std::size_t ExtensionWriter::finish() {
  if (at_ == 4) return 0;
  const std::size_t end = (at_ + 3) / 4 * 4;
  if (end > out_.size()) return 0;
  while (at_ < end) out_[at_++] = 0;
  store_be16(out_.data(), two_byte_ ? two_byte_profile : one_byte_profile);
  store_be16(out_.data() + 2, static_cast<std::uint32_t>((end - 4) / 4));
  return end;
}

}  // namespace bigfoot::rtp
