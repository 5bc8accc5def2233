#include "h264/level.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bigfoot::h264 {
namespace {

/// A row of Table A-1: level_idc, MaxMBPS, MaxFS in macroblocks, MaxBR in 1000 bit/s (VCL, Baseline and Main).
struct LevelRow {
  std::uint8_t level_idc;
  std::int64_t macroblocks_per_second;
  std::int64_t macroblocks;
  std::int64_t kbps;
};
constexpr LevelRow levels[] = {
    {10, 1'485, 99, 64},
    {11, 3'000, 396, 192},
    {12, 6'000, 396, 384},
    {13, 11'880, 396, 768},
    {20, 11'880, 396, 2'000},
    {21, 19'800, 792, 4'000},
    {22, 20'250, 1'620, 4'000},
    {30, 40'500, 1'620, 10'000},
    {31, 108'000, 3'600, 14'000},
    {32, 216'000, 5'120, 20'000},
    {40, 245'760, 8'192, 20'000},
    {41, 245'760, 8'192, 50'000},
    {42, 522'240, 8'704, 50'000},
    {50, 589'824, 22'080, 135'000},
    {51, 983'040, 36'864, 240'000},
    {52, 2'073'600, 36'864, 240'000},
};

}  // namespace

Result<std::uint8_t> level_for(Size size, FrameRate rate, Bitrate bitrate) {
  const std::int64_t wide = (size.width + 15) / 16;
  const std::int64_t high = (size.height + 15) / 16;
  const std::int64_t longest = std::max(wide, high);
  const double per_second = static_cast<double>(wide * high) * rate.fps();
  for (const LevelRow& row : levels) {
    const bool fits = wide * high <= row.macroblocks && longest * longest <= 8 * row.macroblocks &&
                      per_second <= static_cast<double>(row.macroblocks_per_second) && bitrate.bps <= row.kbps * 1000;
    if (fits) return row.level_idc;
  }
  return fail("no H.264 level carries " + size.text() + " at " + std::to_string(std::lround(rate.fps())) + " fps and " +
                  std::to_string(bitrate.bps / 1000) + " kbit/s",
              "choose a smaller size, frame rate or bit rate");
}

}  // namespace bigfoot::h264
