#include "h264/profile_level_id.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace bigfoot::h264 {
namespace {

constexpr std::uint8_t high_idc = 0x64;
constexpr std::uint8_t constraint_set3 = 0x10;
constexpr int rank_1b = 105;

// RFC 6184 table 5, the most constrained first: profile_idc, the constraint flags that must have these values (mask,
// bits), the profile they say. 58 with 01xx0000 is not in the table, but Annex A makes it a stream that obeys main.
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
    Spelling{0x58, 0xcf, 0x40, Profile::main},                  // 01xx0000
    Spelling{0x4d, 0xaf, 0x00, Profile::main},                  // 0x0x0000
    Spelling{0x64, 0xff, 0x0c, Profile::constrained_high},      // 00001100
    Spelling{0x64, 0xff, 0x00, Profile::high},                  // 00000000
};

// A flag beyond the table makes a decoder poorer, so in SDP it is another profile; but a stream it only makes simpler
// (and reserved bits are ignored in an SPS, H.264 7.4.2.1.1), so there the flags that are set suffice.
Profile profile_of_stream(const ProfileLevelId& id) {
  for (const auto& spelling : spellings)
    if (id.profile_idc == spelling.profile_idc && (id.constraints & spelling.bits) == spelling.bits)
      return spelling.profile;
  return Profile::other;
}

// Level 1b is 11 with constraint_set3_flag in the baseline and main families, 9 in the high one.
bool is_level_1b(const ProfileLevelId& id) {
  const bool by_flag = id.level_idc == 11 && id.profile_idc != high_idc && (id.constraints & constraint_set3) != 0;
  return by_flag || id.level_idc == 9;
}

tl::unexpected<Error> unknown_profile(const ProfileLevelId& id) {
  return fail(
      "H.264 profile_idc " + std::to_string(id.profile_idc) + " (" + id.text() + ") is none that browsers decode",
      "encode as constrained baseline");
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

int ProfileLevelId::level_rank() const { return is_level_1b(*this) ? rank_1b : level_idc * 10; }

std::string ProfileLevelId::level_text() const {
  if (is_level_1b(*this)) return "1b";
  const std::string whole = std::to_string(level_idc / 10);
  return level_idc % 10 == 0 ? whole : whole + "." + std::to_string(level_idc % 10);
}

ProfileLevelId ProfileLevelId::with_level_of(const ProfileLevelId& from) const {
  ProfileLevelId id = *this;
  const bool one_b = is_level_1b(from);
  id.level_idc = from.level_idc;
  if (profile_idc == high_idc) {
    if (one_b) id.level_idc = 9;
    return id;
  }
  if (one_b) id.level_idc = 11;
  id.constraints = static_cast<std::uint8_t>(one_b ? constraints | constraint_set3 : constraints & ~constraint_set3);
  return id;
}

std::string ProfileLevelId::text() const {
  char hex[8];
  std::snprintf(hex, sizeof hex, "%02x%02x%02x", profile_idc, constraints, level_idc);
  return hex;
}

Result<ProfileLevelId> parse_profile_level_id(std::string_view text) {
  std::uint32_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  if (text.size() != 6 || error != std::errc() || end != text.data() + 6)
    return fail("profile-level-id \"" + std::string(text.substr(0, 40)) + "\" is not six hex digits");
  return ProfileLevelId{static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 8),
                        static_cast<std::uint8_t>(bits)};
}

std::string profile_level_id(Profile profile, std::uint8_t level_idc) {
  switch (profile) {
    case Profile::constrained_baseline: return ProfileLevelId{0x42, 0xe0, level_idc}.text();
    case Profile::baseline: return ProfileLevelId{0x42, 0x00, level_idc}.text();
    case Profile::main: return ProfileLevelId{0x4d, 0x00, level_idc}.text();
    case Profile::constrained_high: return ProfileLevelId{high_idc, 0x0c, level_idc}.text();
    case Profile::high: return ProfileLevelId{high_idc, 0x00, level_idc}.text();
    case Profile::other: break;
  }
  return {};
}

bool decodes(Profile decoder, Profile stream) {
  if (decoder == Profile::other || stream == Profile::other) return false;
  if (decoder == stream || stream == Profile::constrained_baseline) return true;
  return decoder == Profile::high && (stream == Profile::main || stream == Profile::constrained_high);
}

Result<> check_fits(const ProfileLevelId& stream, const ProfileLevelId& negotiated) {
  const Profile says = profile_of_stream(stream);
  if (says == Profile::other) return unknown_profile(stream);
  const Profile agreed = negotiated.profile();
  if (agreed == Profile::other) return unknown_profile(negotiated);
  if (!decodes(agreed, says))
    return fail("the stream is H.264 " + std::string(to_string(says)) + " (" + stream.text() + ") but " +
                    to_string(agreed) + " (" + negotiated.text() + ") was negotiated",
                "set the encoder to the " + std::string(to_string(agreed)) + " profile");
  if (stream.level_rank() > negotiated.level_rank())
    return fail("the stream is H.264 level " + stream.level_text() + " (" + stream.text() + ") but level " +
                    negotiated.level_text() + " (" + negotiated.text() + ") was negotiated",
                "lower the size, frame rate or bit rate of the camera, or offer level " + stream.level_text());
  return {};
}

}  // namespace bigfoot::h264
