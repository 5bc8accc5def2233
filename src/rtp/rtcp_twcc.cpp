#include "rtp/rtcp_twcc.hpp"

#include <array>
#include <span>

namespace bigfoot::rtp {
namespace {

enum Symbol : std::uint8_t { not_received = 0, small_delta = 1, large_delta = 2, reserved = 3 };

constexpr std::size_t run_max = 8191;
constexpr std::size_t one_bit_symbols = 14;
constexpr std::size_t two_bit_symbols = 7;

/// Calls f(offset, symbol) for each received packet that the chunks name. The chunks may name 65535 packets in 20
/// bytes, so runs of lost ones are stepped over. False when the chunks end early.
template <class F>
bool for_each_received(ByteReader& chunks, std::size_t count, F f) {
  std::size_t at = 0;
  while (at < count) {
    const std::uint32_t chunk = chunks.be16();
    if (!chunks.ok()) return false;
    const bool vector = (chunk & 0x8000) != 0;
    const bool two_bits = (chunk & 0x4000) != 0;
    const std::size_t symbols = !vector ? chunk & 0x1fff : two_bits ? two_bit_symbols : one_bit_symbols;
    if (!vector && symbols == 0) return false;
    const std::size_t end = std::min(at + symbols, count);
    if (!vector && (chunk >> 13 & 3) == not_received) {
      at = end;
      continue;
    }
    for (std::size_t i = 0; at < end; ++i, ++at) {
      std::uint32_t symbol = chunk >> 13 & 3;
      if (vector) symbol = two_bits ? chunk >> (12 - 2 * i) & 3 : chunk >> (13 - i) & 1;
      if (symbol == reserved) return false;
      if (symbol != not_received && !f(at, static_cast<Symbol>(symbol))) return false;
    }
  }
  return true;
}

}  // namespace

bool read_transport_feedback(ByteReader& reader, TransportFeedback& out) {
  out.sender_ssrc = reader.be32();
  out.media_ssrc = reader.be32();
  out.base = reader.be16();
  out.count = reader.be16();
  out.reference = static_cast<std::int32_t>(reader.be24() << 8) >> 8;
  out.number = reader.u8();
  if (!reader.ok() || out.count == 0) return false;

  // The deltas stand behind the last chunk: first find where that is, and that there are as many as named.
  ByteReader chunks = reader;
  std::size_t received = 0;
  const std::size_t most = reader.left();
  if (!for_each_received(reader, out.count, [&](std::size_t, Symbol) { return ++received <= most; })) return false;
  out.received.reserve(received);
  std::int64_t ticks = 0;
  const bool whole = for_each_received(chunks, out.count, [&](std::size_t offset, Symbol symbol) {
    ticks += symbol == small_delta ? reader.u8() : static_cast<std::int16_t>(reader.be16());
    out.received.push_back({static_cast<std::uint16_t>(out.base + offset), ticks});
    return reader.ok();
  });
  if (!whole) return false;
  reader.skip(reader.left());  // zeros up to 32 bits
  return true;
}

namespace {

/// Statuses → chunks, the longest run or vector first.
class ChunkWriter {
 public:
  explicit ChunkWriter(Bytes& out) : out_(out) {}
  void write(std::span<const Symbol> symbols) {
    while (!symbols.empty()) symbols = symbols.subspan(one(symbols));
  }

 private:
  std::size_t one(std::span<const Symbol> symbols) {
    std::size_t run = 1;
    while (run < symbols.size() && run < run_max && symbols[run] == symbols[0]) ++run;
    std::size_t narrow = 0;  // symbols that fit one bit
    while (narrow < symbols.size() && narrow < one_bit_symbols && symbols[narrow] != large_delta) ++narrow;
    if (run > two_bit_symbols && (run >= one_bit_symbols || run >= narrow)) {
      chunk(static_cast<std::uint32_t>(symbols[0] << 13 | run));
      return run;
    }
    if (narrow == one_bit_symbols || (narrow == symbols.size() && narrow > two_bit_symbols)) {
      std::uint32_t bits = 0x8000;
      for (std::size_t i = 0; i < narrow; ++i) bits |= static_cast<std::uint32_t>(symbols[i]) << (13 - i);
      chunk(bits);
      return narrow;
    }
    const std::size_t wide = std::min(symbols.size(), two_bit_symbols);
    std::uint32_t bits = 0xc000;
    for (std::size_t i = 0; i < wide; ++i) bits |= static_cast<std::uint32_t>(symbols[i]) << (12 - 2 * i);
    chunk(bits);
    return wide;
  }
  void chunk(std::uint32_t value) {
    out_.push_back(static_cast<std::uint8_t>(value >> 8));
    out_.push_back(static_cast<std::uint8_t>(value));
  }
  Bytes& out_;
};

}  // namespace

void append_transport_feedback(const TransportFeedback& feedback, Bytes& out) {
  std::vector<Symbol> symbols(feedback.count, not_received);
  Bytes deltas;
  std::int64_t ticks = 0;
  std::size_t next = 0;
  for (const TransportFeedback::Arrival& arrival : feedback.received) {
    const std::size_t offset = static_cast<std::uint16_t>(arrival.sequence - feedback.base);
    const std::int64_t delta = arrival.ticks - ticks;
    if (offset >= symbols.size() || offset < next || delta < INT16_MIN || delta > INT16_MAX) continue;
    next = offset + 1;
    ticks = arrival.ticks;
    const bool fits_byte = delta >= 0 && delta <= 255;
    symbols[offset] = fits_byte ? small_delta : large_delta;
    if (!fits_byte) deltas.push_back(static_cast<std::uint8_t>(delta >> 8));
    deltas.push_back(static_cast<std::uint8_t>(delta));
  }
  std::array<std::uint8_t, 16> head;
  store_be32(head.data(), feedback.sender_ssrc);
  store_be32(head.data() + 4, feedback.media_ssrc);
  store_be16(head.data() + 8, feedback.base);
  store_be16(head.data() + 10, feedback.count);
  store_be24(head.data() + 12, static_cast<std::uint32_t>(feedback.reference));
  head[15] = feedback.number;
  out.insert(out.end(), head.begin(), head.end());
  ChunkWriter(out).write(symbols);
  out.insert(out.end(), deltas.begin(), deltas.end());
}

}  // namespace bigfoot::rtp
