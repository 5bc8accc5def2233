#pragma once
// The levels of H.264 Annex A: which one a picture size, frame rate and bit rate need.

#include <cstdint>

#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::h264 {

/// The lowest level_idc of Table A-1 that carries the size, the rate of macroblocks and the bit rate. Errors: none
/// does.
[[nodiscard]] Result<std::uint8_t> level_for(Size size, FrameRate rate, Bitrate bitrate);

}  // namespace bigfoot::h264
