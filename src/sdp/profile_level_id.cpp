#include "sdp/profile_level_id.hpp"

#include <array>
#include <charconv>

namespace bigfoot::sdp {
namespace {

// RFC 6184 table 5: profile_idc, the constraint flags that must have these values (mask, bits), the profile they say.
struct Spelling {
  std::uint8_t profile_idc;
  std::uint8_t mask;
  std::uint8_t bits;
  Profile profile;
};
constexpr std::array spellings{
    Spelling{0x42, 0x4f, 0x40, Profile::constrained_baseline},  // x1xx0000
    Spelling{0x4d, 0x8f, 0x80, Profile::constrained_baseline},  // 1xxx0000
    Spelling{0x58, 0xcf, 0xc0, Profile::constrained_baseline},  // 11xx0000
    Spelling{0x42, 0x4f, 0x00, Profile::baseline},              // x0xx0000
    Spelling{0x58, 0xcf, 0x80, Profile::baseline},              // 10xx0000
    Spelling{0x4d, 0xaf, 0x00, Profile::main},                  // 0x0x0000
    Spelling{0x64, 0xff, 0x0c, Profile::constrained_high},      // 00001100
    Spelling{0x64, 0xff, 0x00, Profile::high},                  // 00000000
};

constexpr int level_1b_halves = 21;

bool is_level_1b(const ProfileLevelId& id) {
  // Level 1b is 11 with constraint_set3_flag in the baseline and main families, 9 in the high one.
  return (id.level_idc == 11 && (id.constraints & 0x10) != 0 && id.profile_idc != 0x64) || id.level_idc == 9;
}

void set_level_of(ProfileLevelId& id, const ProfileLevelId& from) {
  id.level_idc = from.level_idc;
  if (id.profile_idc == 0x64) {
    if (is_level_1b(from)) id.level_idc = 9;
    return;
  }
  if (is_level_1b(from)) id.level_idc = 11;
  id.constraints = static_cast<std::uint8_t>(is_level_1b(from) ? id.constraints | 0x10 : id.constraints & ~0x10);
}

}  // namespace

const char* to_string(Profile profile) {
  switch (profile) {
    case Profile::constrained_baseline: return "constrained baseline";
    case Profile::baseline: return "baseline";
    case Profile::main: return "main";
    case Profile::constrained_high: return "constrained high";
    case Profile::high: return "high";
    case Profile::other: return "other";
  }
  return "other";
}

Profile ProfileLevelId::profile() const {
  for (const auto& spelling : spellings)
    if (profile_idc == spelling.profile_idc && (constraints & spelling.mask) == spelling.bits) return spelling.profile;
  return Profile::other;
}

int ProfileLevelId::level_halves() const { return is_level_1b(*this) ? level_1b_halves : 2 * level_idc; }

std::optional<ProfileLevelId> parse_profile_level_id(std::string_view text) {
  std::uint32_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  if (text.size() != 6 || error != std::errc() || end != text.data() + 6) return std::nullopt;
  return ProfileLevelId{static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 8),
                        static_cast<std::uint8_t>(bits)};
}

std::string to_string(const ProfileLevelId& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned byte : {id.profile_idc, id.constraints, id.level_idc}) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool decodes(Profile decoder, Profile stream) {
  if (decoder == Profile::other || stream == Profile::other) return false;
  if (decoder == stream || stream == Profile::constrained_baseline) return true;
  return decoder == Profile::high && (stream == Profile::main || stream == Profile::constrained_high);
}

ProfileLevelId agree(const ProfileLevelId& ours, const ProfileLevelId& theirs, bool level_asymmetry_allowed) {
  ProfileLevelId agreed = theirs;
  if (level_asymmetry_allowed || ours.level_halves() < theirs.level_halves()) set_level_of(agreed, ours);
  return agreed;
}

}  // namespace bigfoot::sdp
