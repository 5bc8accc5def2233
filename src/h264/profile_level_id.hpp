#pragma once
// profile-level-id: how SDP (RFC 6184 8.1) and the first bytes of an SPS say which profile and level of H.264 Annex A
// is meant.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bigfoot::h264 {

/// The profiles of RFC 6184 table 5 that occur in WebRTC.
enum class Profile { constrained_baseline, baseline, main, constrained_high, high, other };
const char* to_string(Profile profile);

/// profile_idc, the constraint flags (profile-iop) and level_idc.
struct ProfileLevelId {
  std::uint8_t profile_idc = 0x42;
  std::uint8_t constraints = 0xe0;  ///< constraint_set0_flag in the highest bit
  std::uint8_t level_idc = 31;
  bool operator==(const ProfileLevelId&) const = default;

  /// Several spellings are one profile: 42e0, 42c0, 4d80 are all constrained baseline (RFC 6184 table 5).
  Profile profile() const;
  /// Orders levels, with 1b between 1 and 1.1.
  int level_rank() const;
  /// "3.1", "1b".
  std::string level_text() const;
  /// The same profile with the level of `from`: 1b is spelled differently from profile to profile.
  ProfileLevelId with_level_of(const ProfileLevelId& from) const;
  /// "42e01f".
  std::string text() const;
};

/// Six hex digits, either case. Errors: anything else.
[[nodiscard]] Result<ProfileLevelId> parse_profile_level_id(std::string_view text);

/// "42e01f" for the profile and that level; empty for Profile::other.
std::string profile_level_id(Profile profile, std::uint8_t level_idc);

/// A decoder of `decoder` can show every stream of `stream` (level apart): constrained baseline is a subset of all,
/// main of high, constrained high of high.
bool decodes(Profile decoder, Profile stream);

/// Can a decoder that was negotiated with `negotiated` decode a stream that says `stream` of itself? Errors name both
/// and what to change.
[[nodiscard]] Result<> check_fits(const ProfileLevelId& stream, const ProfileLevelId& negotiated);

}  // namespace bigfoot::h264
