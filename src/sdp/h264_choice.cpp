#include "sdp/h264_choice.hpp"

#include <algorithm>

#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

using h264::ProfileLevelId;

constexpr std::uint32_t video_clock_rate = 90000;
constexpr std::size_t names_shown_max = 8;

std::optional<ProfileLevelId> profile_of(const Codec& codec) {
  const auto text = codec.parameter("profile-level-id");
  if (!text) return std::nullopt;
  const auto id = h264::parse_profile_level_id(*text);
  return id ? std::optional(*id) : std::nullopt;
}

// Can it take FU-A? Absent means mode 0 (RFC 6184 8.1), and Firefox writes its mode-0 payload types that way. But a
// program that writes no parameter at all (webrtcbin with bare caps) depacketises everything; and an answer to our
// offer, which has mode 1 only, agrees to that.
bool takes_mode_1(const Codec& codec, Side side) {
  const auto mode = codec.parameter("packetization-mode");
  return mode ? *mode == "1" : side == Side::answer || codec.fmtp.empty();
}

// 0: cannot carry our stream.
int rank(const Codec& codec, const ProfileLevelId& ours, Side side) {
  if (!takes_mode_1(codec, side)) return 0;
  if (!codec.parameter("profile-level-id")) return 1;
  const auto theirs = profile_of(codec);
  if (!theirs || !decodes(theirs->profile(), ours.profile())) return 0;
  return theirs->profile() == ours.profile() ? 3 : 2;
}

bool is_repair(std::string_view name) {
  for (const auto repair : {"rtx", "red", "ulpfec", "flexfec-03", "flexfec"})
    if (equal_ignoring_case(name, repair)) return true;
  return false;
}

std::string printable(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 20)) text += c > ' ' && c < 127 ? c : '?';
  return text;
}

std::string why_none(const std::vector<Codec>& all, const ProfileLevelId& ours, Side side) {
  std::string profiles;
  bool any = false;
  bool mode_1 = false;
  for (const auto& codec : all) {
    if (!is_h264(codec)) continue;
    any = true;
    if (!takes_mode_1(codec, side)) continue;
    mode_1 = true;
    profiles += (profiles.empty() ? "" : ", ") + printable(codec.parameter("profile-level-id").value_or("none"));
  }
  if (!any) {
    const auto others = codec_names(all);
    return others.empty() ? "the viewer offers no codec at all" : "the viewer offers " + others + " but not H.264";
  }
  if (!mode_1) return "the viewer offers H.264 only with packetization-mode=0, and packetization-mode=1 is needed";
  return "the viewer offers H.264 with profile-level-id " + profiles.substr(0, 80) + ", the camera sends " +
         ours.text() + " (" + to_string(ours.profile()) + ")";
}

}  // namespace

bool is_h264(const Codec& codec) {
  return equal_ignoring_case(codec.name, "H264") && codec.clock_rate == video_clock_rate;
}

std::optional<std::uint8_t> rtx_of(const std::vector<Codec>& all, std::uint8_t payload_type) {
  const std::string apt = std::to_string(payload_type);
  for (const auto& codec : all)
    if (equal_ignoring_case(codec.name, "rtx") && codec.clock_rate == video_clock_rate && codec.parameter("apt") == apt)
      return codec.payload_type;
  return std::nullopt;
}

std::string codec_names(const std::vector<Codec>& all) {
  std::vector<std::string> listed;
  for (const auto& codec : all) {
    const auto name = printable(codec.name);
    if (is_repair(codec.name) || listed.size() == names_shown_max) continue;
    if (std::find(listed.begin(), listed.end(), name) == listed.end()) listed.push_back(name);
  }
  std::string text;
  for (const auto& name : listed) text += (text.empty() ? "" : ", ") + name;
  return text;
}

ProfileLevelId agree(const ProfileLevelId& ours, const ProfileLevelId& theirs, bool level_asymmetry_allowed) {
  const bool level_is_ours = level_asymmetry_allowed || ours.level_rank() < theirs.level_rank();
  return level_is_ours ? theirs.with_level_of(ours) : theirs;
}

Result<H264Choice> choose_h264(const Media& media, const ProfileLevelId& ours, Side side) {
  const auto all = codecs(media);
  const Codec* best = nullptr;
  int best_rank = 0;
  for (const auto& codec : all) {
    const int its_rank = is_h264(codec) ? rank(codec, ours, side) : 0;
    if (its_rank <= best_rank) continue;
    best = &codec;
    best_rank = its_rank;
  }
  if (!best) return fail(why_none(all, ours, side));
  H264Choice choice;
  choice.payload_type = best->payload_type;
  choice.rtx_payload_type = rtx_of(all, best->payload_type);
  choice.level_asymmetry_allowed = best->parameter("level-asymmetry-allowed") == "1";
  const auto theirs = profile_of(*best);
  choice.profile_level_id = theirs ? agree(ours, *theirs, choice.level_asymmetry_allowed) : ours;
  choice.feedback = best->feedback;
  return choice;
}

}  // namespace bigfoot::sdp
