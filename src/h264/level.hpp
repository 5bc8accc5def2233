#pragma once
// Profiles and levels of H.264 Annex A, and how SDP names them (profile-level-id, RFC 6184 8.1).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::h264 {

enum class Profile { constrained_baseline, baseline, main, constrained_high, high };
const char* to_string(Profile profile);

/// profile_idc, the constraint flags byte (profile-iop) and level_idc, as an SPS begins.
struct ProfileLevelId {
  std::uint8_t profile_idc = 0x42;
  std::uint8_t constraints = 0xe0;
  std::uint8_t level_idc = 31;
  bool operator==(const ProfileLevelId&) const = default;

  /// Errors: a profile that is none of Profile.
  [[nodiscard]] Result<Profile> profile() const;
  /// "3.1", "1b".
  std::string level_text() const;
  /// "42e01f".
  std::string text() const;
  /// Orders levels, with 1b between 1 and 1.1.
  int level_rank() const;
};

/// Six hex digits. Errors: anything else.
[[nodiscard]] Result<ProfileLevelId> parse_profile_level_id(std::string_view text);

/// The lowest level_idc of Table A-1 that carries the size, the rate of macroblocks and the bit rate. Errors: none
/// does.
[[nodiscard]] Result<std::uint8_t> level_for(Size size, FrameRate rate, Bitrate bitrate);
/// "42e01f" for the profile and that level.
std::string profile_level_id(Profile profile, std::uint8_t level_idc);

/// Can a decoder that was negotiated with `negotiated` decode a stream that says `stream` of itself? Errors name both
/// and what to change.
[[nodiscard]] Result<> check_fits(const ProfileLevelId& stream, const ProfileLevelId& negotiated);

}  // namespace bigfoot::h264
