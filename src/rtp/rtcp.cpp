#include "rtp/rtcp.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "rtp/rtcp_twcc.hpp"

namespace bigfoot::rtp {
namespace {

enum PacketType : std::uint8_t { sr = 200, rr = 201, sdes = 202, bye = 203, rtpfb = 205, psfb = 206 };
enum TransportFormat : std::uint8_t { generic_nack = 1, transport_wide = 15 };
enum PayloadFormat : std::uint8_t { picture_loss = 1, full_intra = 4, application_layer = 15 };

constexpr std::size_t list_max = 31;  // the count field has five bits
constexpr std::uint32_t remb_name = 0x52454d42;

using Parsed = std::optional<RtcpPacket>;

ReportBlock read_block(ByteReader& reader) {
  ReportBlock block;
  block.ssrc = reader.be32();
  block.fraction_lost = reader.u8();
  const std::uint32_t lost = reader.be24();
  block.cumulative_lost = static_cast<std::int32_t>(lost << 8) >> 8;
  block.highest_sequence = reader.be32();
  block.jitter = reader.be32();
  block.last_sr = reader.be32();
  block.delay_since_sr = reader.be32();
  return block;
}

void read_blocks(ByteReader& reader, int count, std::vector<ReportBlock>& out) {
  for (int i = 0; i < count && reader.ok(); ++i) out.push_back(read_block(reader));
}

RtcpPacket read_sr(ByteReader& reader, int count) {
  SenderReport report;
  report.ssrc = reader.be32();
  report.ntp = reader.be64();
  report.rtp_timestamp = reader.be32();
  report.packets = reader.be32();
  report.octets = reader.be32();
  read_blocks(reader, count, report.reports);
  return report;
}

RtcpPacket read_rr(ByteReader& reader, int count) {
  ReceiverReport report;
  report.ssrc = reader.be32();
  read_blocks(reader, count, report.reports);
  return report;
}

std::string text_of(BytesView bytes) { return std::string(bytes.begin(), bytes.end()); }

RtcpPacket read_sdes(ByteReader& reader, int count) {
  SourceDescription description;
  for (int i = 0; i < count && reader.ok(); ++i) {
    const std::size_t before = reader.left();
    SourceDescription::Chunk chunk{.ssrc = reader.be32(), .cname = {}};
    // Items end with a zero; the chunk is then padded to 32 bits.
    for (std::uint8_t item = reader.u8(); reader.ok() && item != 0; item = reader.u8()) {
      const BytesView value = reader.view(reader.u8());
      if (item == 1) chunk.cname = text_of(value);
    }
    reader.skip((4 - (before - reader.left()) % 4) % 4);
    description.chunks.push_back(std::move(chunk));
  }
  return description;
}

RtcpPacket read_bye(ByteReader& reader, int count) {
  Bye goodbye;
  for (int i = 0; i < count && reader.ok(); ++i) goodbye.ssrcs.push_back(reader.be32());
  if (reader.ok() && reader.left() > 0) goodbye.reason = text_of(reader.view(reader.u8()));
  return goodbye;
}

RtcpPacket read_nack(ByteReader& reader) {
  Nack nack{.sender_ssrc = reader.be32(), .media_ssrc = reader.be32(), .lost = {}};
  while (reader.ok() && reader.left() >= 4) {
    const std::uint16_t first = reader.be16();
    const std::uint32_t mask = reader.be16();
    nack.lost.push_back(first);
    for (int bit = 0; bit < 16; ++bit)
      if ((mask >> bit & 1) != 0) nack.lost.push_back(static_cast<std::uint16_t>(first + bit + 1));
  }
  return nack;
}

RtcpPacket read_fir(ByteReader& reader) {
  Fir fir;
  fir.sender_ssrc = reader.be32();
  reader.be32();  // media SSRC: unused (RFC 5104 4.3.1.2)
  while (reader.ok() && reader.left() >= 8) {
    const std::uint32_t ssrc = reader.be32();
    fir.requests.push_back({ssrc, reader.u8()});
    reader.be24();
  }
  return fir;
}

Parsed read_remb(ByteReader& reader) {
  Remb remb;
  remb.sender_ssrc = reader.be32();
  reader.be32();
  if (reader.be32() != remb_name) return std::nullopt;  // another application's message
  const int count = reader.u8();
  const std::uint32_t field = reader.be24();
  const int exponent = static_cast<int>(field >> 18);
  const std::uint64_t mantissa = field & 0x3ffff;
  constexpr int exponent_max = 22;  // 1.1 Tbit/s: more is nobody's rate, and would not fit the type
  remb.bitrate.bps = exponent > exponent_max && mantissa != 0
                         ? 0x3ffffLL << exponent_max
                         : static_cast<std::int64_t>(mantissa << std::min(exponent, exponent_max));
  for (int i = 0; i < count && reader.ok(); ++i) remb.ssrcs.push_back(reader.be32());
  return remb;
}

Parsed read_feedback(ByteReader& reader, std::uint8_t type, int format) {
  if (type == rtpfb && format == generic_nack) return read_nack(reader);
  if (type == rtpfb && format == transport_wide) {
    TransportFeedback feedback;
    if (!read_transport_feedback(reader, feedback)) reader.skip(reader.left() + 1);  // marks the reader as failed
    return feedback;
  }
  if (type == psfb && format == picture_loss) {
    const std::uint32_t sender = reader.be32();
    return Pli{sender, reader.be32()};
  }
  if (type == psfb && format == full_intra) return read_fir(reader);
  if (type == psfb && format == application_layer) return read_remb(reader);
  return std::nullopt;
}

Parsed read_body(ByteReader& reader, std::uint8_t type, int count) {
  switch (type) {
    case sr: return read_sr(reader, count);
    case rr: return read_rr(reader, count);
    case sdes: return read_sdes(reader, count);
    case bye: return read_bye(reader, count);
    case rtpfb:
    case psfb: return read_feedback(reader, type, count);
    default: return std::nullopt;
  }
}

/// The body of one packet, without padding; nothing when its padding is wrong.
std::optional<BytesView> body_of(BytesView packet) {
  BytesView body = packet.subspan(4);
  if ((packet[0] & 0x20) == 0) return body;
  if (body.empty() || body.back() == 0 || body.back() > body.size()) return std::nullopt;
  return body.first(body.size() - body.back());
}

}  // namespace

Result<std::vector<RtcpPacket>> parse_rtcp(BytesView datagram) {
  std::vector<RtcpPacket> packets;
  std::size_t seen = 0;
  while (!datagram.empty()) {
    if (datagram.size() < 4) return fail("RTCP packet is shorter than its header");
    if (datagram[0] >> 6 != 2) return fail("RTCP version is not 2");
    if (++seen > rtcp_packets_max) return fail("RTCP datagram holds too many packets");
    const std::size_t size = (load_be16(&datagram[2]) + 1u) * 4;
    if (size > datagram.size()) return fail("RTCP packet passes the end of the datagram");
    const auto body = body_of(datagram.first(size));
    if (!body) return fail("RTCP padding is larger than the packet");
    ByteReader reader(*body);
    const std::uint8_t type = datagram[1];
    Parsed packet = read_body(reader, type, datagram[0] & 0x1f);
    if (!reader.ok()) return fail("RTCP packet of type " + std::to_string(type) + " is cut short or malformed");
    if (packet) packets.push_back(std::move(*packet));
    datagram = datagram.subspan(size);
  }
  return packets;
}

namespace {

/// Appends one packet: header, fields, and the length when it is done.
class PacketWriter {
 public:
  PacketWriter(Bytes& out, PacketType type, std::size_t count) : out_(out), start_(out.size()) {
    out_.push_back(static_cast<std::uint8_t>(0x80 | count));
    out_.push_back(type);
    be16(0);
  }
  PacketWriter(const PacketWriter&) = delete;
  PacketWriter& operator=(const PacketWriter&) = delete;
  ~PacketWriter() {
    align();
    store_be16(&out_[start_ + 2], static_cast<std::uint32_t>((out_.size() - start_) / 4 - 1));
  }
  void u8(std::uint32_t value) { out_.push_back(static_cast<std::uint8_t>(value)); }
  void be16(std::uint32_t value) {
    u8(value >> 8);
    u8(value);
  }
  void be24(std::uint32_t value) {
    u8(value >> 16);
    be16(value);
  }
  void be32(std::uint32_t value) {
    be16(value >> 16);
    be16(value);
  }
  void be64(std::uint64_t value) {
    be32(static_cast<std::uint32_t>(value >> 32));
    be32(static_cast<std::uint32_t>(value));
  }
  void text(std::string_view value) {
    value = value.substr(0, 255);
    u8(static_cast<std::uint32_t>(value.size()));
    out_.insert(out_.end(), value.begin(), value.end());
  }
  /// Zeros up to the next 32-bit boundary of the packet.
  void align() {
    while ((out_.size() - start_) % 4 != 0) out_.push_back(0);
  }

 private:
  Bytes& out_;
  std::size_t start_;
};

void write_blocks(const std::vector<ReportBlock>& blocks, PacketWriter& out) {
  for (std::size_t i = 0; i < std::min(blocks.size(), list_max); ++i) {
    const ReportBlock& block = blocks[i];
    out.be32(block.ssrc);
    out.u8(block.fraction_lost);
    out.be24(static_cast<std::uint32_t>(std::clamp(block.cumulative_lost, -0x800000, 0x7fffff)));
    out.be32(block.highest_sequence);
    out.be32(block.jitter);
    out.be32(block.last_sr);
    out.be32(block.delay_since_sr);
  }
}

void write(const SenderReport& report, Bytes& bytes) {
  PacketWriter out(bytes, sr, std::min(report.reports.size(), list_max));
  out.be32(report.ssrc);
  out.be64(report.ntp);
  out.be32(report.rtp_timestamp);
  out.be32(report.packets);
  out.be32(report.octets);
  write_blocks(report.reports, out);
}

void write(const ReceiverReport& report, Bytes& bytes) {
  PacketWriter out(bytes, rr, std::min(report.reports.size(), list_max));
  out.be32(report.ssrc);
  write_blocks(report.reports, out);
}

void write(const SourceDescription& description, Bytes& bytes) {
  const std::size_t count = std::min(description.chunks.size(), list_max);
  PacketWriter out(bytes, sdes, count);
  for (std::size_t i = 0; i < count; ++i) {
    out.be32(description.chunks[i].ssrc);
    out.u8(1);  // CNAME
    out.text(description.chunks[i].cname);
    out.u8(0);  // end of items; at least one zero, also when the chunk is aligned already
    out.align();
  }
}

void write(const Bye& goodbye, Bytes& bytes) {
  const std::size_t count = std::min(goodbye.ssrcs.size(), list_max);
  PacketWriter out(bytes, bye, count);
  for (std::size_t i = 0; i < count; ++i) out.be32(goodbye.ssrcs[i]);
  if (!goodbye.reason.empty()) out.text(goodbye.reason);
}

void write(const Nack& nack, Bytes& bytes) {
  PacketWriter out(bytes, rtpfb, generic_nack);
  out.be32(nack.sender_ssrc);
  out.be32(nack.media_ssrc);
  constexpr std::size_t pairs_max = 300;  // a datagram's worth
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < nack.lost.size() && pairs < pairs_max; ++pairs) {
    const std::uint16_t first = nack.lost[i++];
    std::uint32_t mask = 0;
    // Only rising numbers go into a mask, so that the order given is the order read back.
    for (int last = -1; i < nack.lost.size(); ++i) {
      const int bit = static_cast<std::uint16_t>(nack.lost[i] - first - 1);
      if (bit > 15 || bit <= last) break;
      mask |= 1u << bit;
      last = bit;
    }
    out.be16(first);
    out.be16(mask);
  }
}

void write(const Pli& pli, Bytes& bytes) {
  PacketWriter out(bytes, psfb, picture_loss);
  out.be32(pli.sender_ssrc);
  out.be32(pli.media_ssrc);
}

void write(const Fir& fir, Bytes& bytes) {
  PacketWriter out(bytes, psfb, full_intra);
  out.be32(fir.sender_ssrc);
  out.be32(0);
  for (const Fir::Request& request : fir.requests) {
    out.be32(request.ssrc);
    out.u8(request.number);
    out.be24(0);
  }
}

void write(const TransportFeedback& feedback, Bytes& bytes) {
  PacketWriter out(bytes, rtpfb, transport_wide);
  append_transport_feedback(feedback, bytes);
}

void write(const Remb& remb, Bytes& bytes) {
  const std::size_t count = std::min<std::size_t>(remb.ssrcs.size(), 255);
  PacketWriter out(bytes, psfb, application_layer);
  out.be32(remb.sender_ssrc);
  out.be32(0);
  out.be32(remb_name);
  const std::uint64_t bps = static_cast<std::uint64_t>(std::max<std::int64_t>(remb.bitrate.bps, 0));
  const int exponent = std::max(0, static_cast<int>(std::bit_width(bps)) - 18);
  out.u8(static_cast<std::uint32_t>(count));
  out.be24(static_cast<std::uint32_t>(exponent) << 18 | static_cast<std::uint32_t>(bps >> exponent));
  for (std::size_t i = 0; i < count; ++i) out.be32(remb.ssrcs[i]);
}

}  // namespace

void append_rtcp(const RtcpPacket& packet, Bytes& out) {
  std::visit([&out](const auto& typed) { write(typed, out); }, packet);
}

}  // namespace bigfoot::rtp
