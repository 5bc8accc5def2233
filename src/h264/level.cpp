#include "h264/level.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

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

constexpr bool constraint(std::uint8_t constraints, int set) { return (constraints >> (7 - set) & 1) != 0; }

bool decodes(Profile decoder, Profile stream) {
  switch (decoder) {
    case Profile::constrained_baseline: return stream == Profile::constrained_baseline;
    case Profile::baseline: return stream == Profile::constrained_baseline || stream == Profile::baseline;
    case Profile::main: return stream == Profile::constrained_baseline || stream == Profile::main;
    case Profile::constrained_high:
      return stream == Profile::constrained_baseline || stream == Profile::constrained_high;
    case Profile::high: return stream != Profile::baseline;
  }
  return false;
}

}  // namespace

const char* to_string(Profile profile) {
  switch (profile) {
    case Profile::constrained_baseline: return "constrained baseline";
    case Profile::baseline: return "baseline";
    case Profile::main: return "main";
    case Profile::constrained_high: return "constrained high";
    case Profile::high: return "high";
  }
  return "unknown";
}

// RFC 6184 Table 5: one profile can be written in several ways.
Result<Profile> ProfileLevelId::profile() const {
  switch (profile_idc) {
    case 66: return constraint(constraints, 1) ? Profile::constrained_baseline : Profile::baseline;
    case 77: return constraint(constraints, 0) ? Profile::constrained_baseline : Profile::main;
    case 88:
      if (constraint(constraints, 0) && constraint(constraints, 1)) return Profile::constrained_baseline;
      if (constraint(constraints, 0)) return Profile::baseline;
      if (constraint(constraints, 1)) return Profile::main;
      break;
    case 100:
      return constraint(constraints, 4) && constraint(constraints, 5) ? Profile::constrained_high : Profile::high;
    default: break;
  }
  return fail("H.264 profile_idc " + std::to_string(profile_idc) + " is none that browsers decode",
              "encode as constrained baseline");
}

int ProfileLevelId::level_rank() const {
  const bool one_b = level_idc == 9 || (level_idc == 11 && profile_idc != 100 && constraint(constraints, 3));
  return one_b ? 105 : level_idc * 10;
}

std::string ProfileLevelId::level_text() const {
  if (level_rank() == 105) return "1b";
  const std::string whole = std::to_string(level_idc / 10);
  return level_idc % 10 == 0 ? whole : whole + "." + std::to_string(level_idc % 10);
}

std::string ProfileLevelId::text() const {
  char hex[8];
  std::snprintf(hex, sizeof hex, "%02x%02x%02x", profile_idc, constraints, level_idc);
  return hex;
}

Result<ProfileLevelId> parse_profile_level_id(std::string_view text) {
  std::uint32_t value = 0;
  bool good = text.size() == 6;
  for (const char c : text.substr(0, 6)) {
    const char low = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9')
      value = value << 4 | static_cast<std::uint32_t>(c - '0');
    else if (low >= 'a' && low <= 'f')
      value = value << 4 | static_cast<std::uint32_t>(low - 'a' + 10);
    else
      good = false;
  }
  if (!good) return fail("profile-level-id \"" + std::string(text.substr(0, 40)) + "\" is not six hex digits");
  return ProfileLevelId{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
                        static_cast<std::uint8_t>(value)};
}

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

std::string profile_level_id(Profile profile, std::uint8_t level_idc) {
  switch (profile) {
    case Profile::constrained_baseline: return ProfileLevelId{0x42, 0xe0, level_idc}.text();
    case Profile::baseline: return ProfileLevelId{0x42, 0x00, level_idc}.text();
    case Profile::main: return ProfileLevelId{0x4d, 0x00, level_idc}.text();
    case Profile::constrained_high: return ProfileLevelId{0x64, 0x0c, level_idc}.text();
    case Profile::high: return ProfileLevelId{0x64, 0x00, level_idc}.text();
  }
  return {};
}

Result<> check_fits(const ProfileLevelId& stream, const ProfileLevelId& negotiated) {
  const auto says = stream.profile();
  if (!says) return tl::unexpected(says.error());
  const auto agreed = negotiated.profile();
  if (!agreed) return tl::unexpected(agreed.error());
  if (!decodes(*agreed, *says))
    return fail("the stream is H.264 " + std::string(to_string(*says)) + " (" + stream.text() + ") but " +
                    to_string(*agreed) + " (" + negotiated.text() + ") was negotiated",
                "set the encoder to the " + std::string(to_string(*agreed)) + " profile");
  if (stream.level_rank() > negotiated.level_rank())
    return fail("the stream is H.264 level " + stream.level_text() + " (" + stream.text() + ") but level " +
                    negotiated.level_text() + " (" + negotiated.text() + ") was negotiated",
                "lower the size, frame rate or bit rate of the camera, or offer level " + stream.level_text());
  return {};
}

}  // namespace bigfoot::h264
