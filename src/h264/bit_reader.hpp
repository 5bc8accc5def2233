#pragma once
// Bits and Exp-Golomb codes of an RBSP (H.264 7.2, 9.1). Past the end it returns zeros and ok() turns false for good.

#include <cstdint>

#include "base/bytes.hpp"

namespace bigfoot::h264 {

class BitReader {
 public:
  explicit BitReader(BytesView rbsp) : bytes_(rbsp) {}
  bool ok() const { return ok_; }
  bool flag() { return bits(1) != 0; }
  /// u(n), n ≤ 32.
  std::uint32_t bits(int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 1 | bit();
    return value;
  }
  void skip(int count) {
    for (int i = 0; i < count; ++i) bit();
  }
  /// ue(v). More than 31 leading zeros do not fit 32 bits: !ok().
  std::uint32_t ue() {
    int zeros = 0;
    while (ok_ && bit() == 0) {
      if (++zeros > 31) ok_ = false;
    }
    if (!ok_) return 0;
    return static_cast<std::uint32_t>((1ULL << zeros) - 1 + bits(zeros));
  }
  /// se(v).
  std::int32_t se() {
    const std::uint32_t code = ue();
    const auto half = static_cast<std::int32_t>(code / 2 + code % 2);
    return code % 2 != 0 ? half : -half;
  }

 private:
  std::uint32_t bit() {
    if (at_ >= bytes_.size() * 8) ok_ = false;
    if (!ok_) return 0;
    const std::uint32_t value = bytes_[at_ / 8] >> (7 - at_ % 8) & 1;
    ++at_;
    return value;
  }
  BytesView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace bigfoot::h264
