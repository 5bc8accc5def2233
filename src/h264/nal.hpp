#pragma once
// NAL units in an Annex B byte stream (ITU-T H.264 7.3.1, Annex B).

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace bigfoot::h264 {

/// nal_unit_type of Table 7-1, and the payload structures of RFC 6184 Table 3.
enum class NalType : std::uint8_t {
  slice = 1,
  idr = 5,
  sei = 6,
  sps = 7,
  pps = 8,
  delimiter = 9,
  end_of_sequence = 10,
  end_of_stream = 11,
  filler = 12,
  stap_a = 24,
  stap_b = 25,
  mtap16 = 26,
  mtap24 = 27,
  fu_a = 28,
  fu_b = 29,
};

constexpr NalType nal_type(std::uint8_t first_byte) { return static_cast<NalType>(first_byte & 0x1f); }
/// Coded picture data: slices, data partitions, IDR slices.
constexpr bool is_slice(NalType type) { return type >= NalType::slice && type <= NalType::idr; }

/// Walks an Annex B stream without copying. Bytes before the first start code are skipped.
class NalReader {
 public:
  explicit NalReader(BytesView stream);
  /// The next NAL unit that is not empty, without start code and trailing zeros; empty at the end.
  BytesView next();

 private:
  const std::uint8_t* at_;  // behind a start code, or end_
  const std::uint8_t* end_;
};

/// All of them, appended.
void split_annex_b(BytesView stream, std::vector<BytesView>& out);

/// Without the emulation prevention bytes (00 00 03 → 00 00). At most `bytes_max` bytes come out.
Bytes unescape(BytesView nal, std::size_t bytes_max);

}  // namespace bigfoot::h264
