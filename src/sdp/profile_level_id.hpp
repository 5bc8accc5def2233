#pragma once
// profile-level-id of H.264 in SDP (RFC 6184 8.1): profile_idc, constraint flags, level_idc as six hex digits. Here
// they are only compared and written; which level a size and rate need is computed in src/h264.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bigfoot::sdp {

/// The profiles of RFC 6184 table 5 that occur in WebRTC.
enum class Profile { constrained_baseline, baseline, main, constrained_high, high, other };
const char* to_string(Profile profile);

struct ProfileLevelId {
  std::uint8_t profile_idc = 0x42;
  std::uint8_t constraints = 0xe0;  ///< constraint_set0_flag in the highest bit
  std::uint8_t level_idc = 0x1f;
  bool operator==(const ProfileLevelId&) const = default;

  /// Several spellings are one profile: 42e0, 42c0, 4d80 are all constrained baseline (RFC 6184 table 5).
  Profile profile() const;
  /// Tenths of a level: 31 is level 3.1, 10 is 1; level 1b is 10.5 times two, so levels are compared in halves: 62,
  /// 20, 21.
  int level_halves() const;
};

/// Six hex digits, either case; nullopt else.
std::optional<ProfileLevelId> parse_profile_level_id(std::string_view text);
/// "42e01f".
std::string to_string(const ProfileLevelId& id);

/// A decoder of `decoder` can show every stream of `stream` (level apart): constrained baseline is a subset of all,
/// main of high, constrained high of high.
bool decodes(Profile decoder, Profile stream);
/// The profile bits of `theirs` (an answer keeps the profile, RFC 6184 8.2.2) with our level; the lower of both levels
/// unless both sides allow asymmetry. Strictly, `theirs` would bound what we send then too; but Chromium 156 says 3.1
/// to whatever is offered and decodes all it has memory for, so its level is not taken as a limit.
ProfileLevelId agree(const ProfileLevelId& ours, const ProfileLevelId& theirs, bool level_asymmetry_allowed);

}  // namespace bigfoot::sdp
