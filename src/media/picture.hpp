#pragma once
// A writable 4:2:0 picture: three planes that belong to somebody else.

#include <cstdint>

#include "base/units.hpp"

namespace bigfoot::media {

/// Luma, then chroma at half the size each way. Sides are even.
struct Picture {
  Size size;
  std::uint8_t* y = nullptr;
  std::uint8_t* u = nullptr;
  std::uint8_t* v = nullptr;
  int y_stride = 0;
  int uv_stride = 0;

  std::uint8_t* y_row(int row) const { return y + static_cast<std::ptrdiff_t>(row) * y_stride; }
  std::uint8_t* u_row(int row) const { return u + static_cast<std::ptrdiff_t>(row) * uv_stride; }
  std::uint8_t* v_row(int row) const { return v + static_cast<std::ptrdiff_t>(row) * uv_stride; }
};

struct Colour {
  std::uint8_t y = 16, u = 128, v = 128;
};

/// From sRGB bytes to limited-range BT.709.
constexpr Colour rgb(int r, int g, int b) {
  return {static_cast<std::uint8_t>(16.5 + 0.1826 * r + 0.6142 * g + 0.0620 * b),
          static_cast<std::uint8_t>(128.5 - 0.1006 * r - 0.3386 * g + 0.4392 * b),
          static_cast<std::uint8_t>(128.5 + 0.4392 * r - 0.3989 * g - 0.0403 * b)};
}

}  // namespace bigfoot::media
