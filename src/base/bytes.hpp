#pragma once
// Views of bytes and the one bounds-checked reader that every parser of outside bytes uses.

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace bigfoot {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline std::uint16_t load_be16(const std::uint8_t* p) { return static_cast<std::uint16_t>(p[0] << 8 | p[1]); }
inline std::uint32_t load_be24(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) << 16 | static_cast<std::uint32_t>(p[1]) << 8 | p[2];
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) << 24 | load_be24(p + 1);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
  return static_cast<std::uint64_t>(load_be32(p)) << 32 | load_be32(p + 4);
}
inline void store_be16(std::uint8_t* p, std::uint32_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 8);
  p[1] = static_cast<std::uint8_t>(v);
}
inline void store_be24(std::uint8_t* p, std::uint32_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 16);
  store_be16(p + 1, v);
}
inline void store_be32(std::uint8_t* p, std::uint32_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 24);
  store_be24(p + 1, v);
}
inline void store_be64(std::uint8_t* p, std::uint64_t v) {
  store_be32(p, static_cast<std::uint32_t>(v >> 32));
  store_be32(p + 4, static_cast<std::uint32_t>(v));
}

/// Reads big-endian fields; past the end it returns zeros and ok() turns false for good.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size() - at_; }
  std::uint8_t u8() { return take(1) ? bytes_[at_ - 1] : std::uint8_t{0}; }
  std::uint16_t be16() { return take(2) ? load_be16(&bytes_[at_ - 2]) : std::uint16_t{0}; }
  std::uint32_t be24() { return take(3) ? load_be24(&bytes_[at_ - 3]) : 0; }
  std::uint32_t be32() { return take(4) ? load_be32(&bytes_[at_ - 4]) : 0; }
  std::uint64_t be64() { return take(8) ? load_be64(&bytes_[at_ - 8]) : 0; }
  /// The next `size` bytes, or an empty view and !ok().
  BytesView view(std::size_t size) { return take(size) ? bytes_.subspan(at_ - size, size) : BytesView(); }
  void skip(std::size_t size) { take(size); }

 private:
  bool take(std::size_t size) {
    if (!ok_ || size > left()) {
      ok_ = false;
      return false;
    }
    at_ += size;
    return true;
  }
  BytesView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace bigfoot
