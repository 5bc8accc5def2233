#include "transport/sctp_gate.hpp"

#include <algorithm>
#include <array>

namespace bigfoot::transport {
namespace {

constexpr std::size_t common_header = 12;
constexpr std::size_t chunk_header = 4;

struct Chunk {
  std::uint8_t type;
  std::size_t least;  ///< bytes, header included
  bool alone = false;
};
constexpr std::array chunks{
    Chunk{0, 17},        // DATA with at least one byte
    Chunk{1, 20, true},  // INIT
    Chunk{2, 20, true},  // INIT ACK
    Chunk{3, 16},        // SACK
    Chunk{4, 8},         // HEARTBEAT
    Chunk{5, 8},         // HEARTBEAT ACK
    Chunk{6, 4},         // ABORT
    Chunk{7, 8},         // SHUTDOWN
    Chunk{8, 4},         // SHUTDOWN ACK
    Chunk{9, 4},         // ERROR
    Chunk{10, 4},        // COOKIE ECHO
    Chunk{11, 4},        // COOKIE ACK
    Chunk{14, 4, true},  // SHUTDOWN COMPLETE
    Chunk{130, 8},       // RE-CONFIG
    Chunk{132, 4},       // PAD
    Chunk{192, 8},       // FORWARD-TSN
};

}  // namespace

bool sctp_packet_passes(BytesView packet) {
  ByteReader reader(packet);
  reader.skip(common_header);
  std::size_t count = 0;
  bool alone = false;
  while (reader.ok() && reader.left() > 0) {
    const std::uint8_t type = reader.u8();
    reader.u8();  // flags
    const std::size_t size = reader.be16();
    const auto known =
        std::find_if(chunks.begin(), chunks.end(), [type](const Chunk& row) { return row.type == type; });
    if (!reader.ok() || known == chunks.end() || size < known->least) return false;
    reader.skip(size - chunk_header);
    if (!reader.ok()) return false;
    reader.skip(std::min((4 - size % 4) % 4, reader.left()));  // the last chunk's padding may be missing
    ++count;
    alone |= known->alone;
  }
  return reader.ok() && count > 0 && (count == 1 || !alone);
}

}  // namespace bigfoot::transport
