#pragma once
// Access units for tests of this room and of those above it.

#include <memory>
#include <random>
#include <vector>

#include "h264/access_unit.hpp"

namespace bigfoot::h264 {

/// The same numbers in every run. `below(n)` is 0 … n - 1.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() >> 8) % n; }
  bool coin() { return below(2) == 0; }

 private:
  std::mt19937 engine_;
};

/// Joins NAL units with start codes of four bytes.
inline Bytes annex_b(const std::vector<Bytes>& nals) {
  Bytes out;
  for (const Bytes& nal : nals) {
    out.insert(out.end(), {0, 0, 0, 1});
    out.insert(out.end(), nal.begin(), nal.end());
  }
  return out;
}

/// A NAL unit of `size` bytes, without zeros, so that it needs no emulation prevention.
inline Bytes nal_of(std::uint8_t header, std::size_t size, std::uint32_t seed) {
  Random random(seed);
  Bytes nal(size, header);
  for (std::size_t i = 1; i < size; ++i) nal[i] = static_cast<std::uint8_t>(random.below(255) + 1);
  return nal;
}

/// An access unit that owns `bytes`.
inline AccessUnit make_unit(Bytes bytes, std::uint64_t number = 0, Timestamp captured = {}) {
  const auto owner = std::make_shared<const Bytes>(std::move(bytes));
  return {.owner = owner, .bytes = *owner, .captured = captured, .encoded = captured, .number = number};
}

}  // namespace bigfoot::h264
