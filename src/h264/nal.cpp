#include "h264/nal.hpp"

#include <algorithm>
#include <cstring>

namespace bigfoot::h264 {
namespace {

/// Points at the 00 00 01 in [begin, end), or at `end`. memchr looks for the 01, the rarest of the three bytes in coded
/// video (one in 256), at vector speed.
const std::uint8_t* find_start_code(const std::uint8_t* begin, const std::uint8_t* end) {
  if (end - begin < 3) return end;
  const std::uint8_t* at = begin + 2;
  while (at < end) {
    at = static_cast<const std::uint8_t*>(std::memchr(at, 1, static_cast<std::size_t>(end - at)));
    if (at == nullptr) return end;
    if (at[-1] == 0 && at[-2] == 0) return at - 2;
    ++at;
  }
  return end;
}

}  // namespace

NalReader::NalReader(BytesView stream) : at_(stream.data()), end_(stream.data() + stream.size()) {
  const std::uint8_t* code = find_start_code(at_, end_);
  at_ = code == end_ ? end_ : code + 3;
}

BytesView NalReader::next() {
  while (at_ != end_) {
    const std::uint8_t* begin = at_;
    const std::uint8_t* code = find_start_code(begin, end_);
    at_ = code == end_ ? end_ : code + 3;
    // Trailing zeros belong to the byte stream (also the first byte of a four-byte start code), never to the NAL unit.
    while (code != begin && code[-1] == 0) --code;
    if (code != begin) return {begin, code};
  }
  return {};
}

void split_annex_b(BytesView stream, std::vector<BytesView>& out) {
  NalReader reader(stream);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) out.push_back(nal);
}

Bytes unescape(BytesView nal, std::size_t bytes_max) {
  Bytes out;
  out.reserve(std::min(nal.size(), bytes_max));
  int zeros = 0;
  for (const std::uint8_t byte : nal) {
    if (out.size() == bytes_max) break;
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

}  // namespace bigfoot::h264
