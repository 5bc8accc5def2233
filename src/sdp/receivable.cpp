#include "sdp/receivable.hpp"

#include <algorithm>

#include "sdp/h264_choice.hpp"
#include "sdp/media_view.hpp"
#include "sdp/parameter_sets.hpp"
#include "sdp/sections.hpp"
#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::uint8_t baseline_idc = 0x42;
constexpr std::uint8_t main_idc = 0x4d;
constexpr std::uint8_t high_idc = 0x64;

std::optional<h264::ProfileLevelId> profile_of(const Codec& codec) {
  const auto text = codec.parameter("profile-level-id");
  if (!text) return std::nullopt;
  const auto id = h264::parse_profile_level_id(*text);
  return id ? std::optional(*id) : std::nullopt;
}

// Of a stream, flags beyond those of the profile only make it simpler, so profile_idc decides. High 10, 4:2:2 and such
// are what few decoders have.
bool is_decodable(const h264::ProfileLevelId& id) {
  return id.profile_idc == baseline_idc || id.profile_idc == main_idc || id.profile_idc == high_idc ||
         id.profile() != h264::Profile::other;
}

// Mode 0 is what mode 1 is without FU-A and STAP-A (RFC 6184 6.2); mode 2 is interleaved.
bool is_in_order(const Codec& codec) { return codec.parameter("packetization-mode").value_or("0") != "2"; }
bool is_mode_1(const Codec& codec) { return codec.parameter("packetization-mode") == "1"; }

// An answer says the parameters of the configuration again (RFC 6184 8.2.2), and no others.
std::string answered_fmtp(const Codec& codec, const std::optional<h264::ProfileLevelId>& id) {
  std::string text;
  const auto add = [&](const std::string& parameter) { text += (text.empty() ? "" : ";") + parameter; };
  if (codec.parameter("level-asymmetry-allowed") == "1") add("level-asymmetry-allowed=1");
  if (is_mode_1(codec)) add("packetization-mode=1");
  if (id) add("profile-level-id=" + id->text());
  return text;
}

Receivable to_receivable(const std::vector<Codec>& all, const Codec& codec, bool numbered) {
  Receivable found;
  ReceivedFormat& format = found.format;
  format.payload_type = codec.payload_type;
  format.rtx_payload_type = rtx_of(all, codec.payload_type);
  format.profile_level_id = profile_of(codec);
  format.feedback = codec.feedback;
  format.feedback.remb = false;
  format.feedback.transport_cc &= numbered;
  format.parameter_sets = parse_parameter_sets(codec.parameter("sprop-parameter-sets").value_or(""));
  found.fmtp = answered_fmtp(codec, format.profile_level_id);
  return found;
}

std::string why_none(const std::vector<Codec>& all) {
  std::string refused;
  for (const auto& codec : all) {
    if (!is_h264(codec)) continue;
    const auto id = profile_of(codec);
    if (!is_in_order(codec)) return "the sender offers H.264 only with packetization-mode=2";
    if (id && refused.size() < 80) refused += (refused.empty() ? "" : ", ") + id->text();
  }
  if (!refused.empty()) return "the sender offers H.264 only with profile-level-id " + refused;
  const auto others = codec_names(all);
  return others.empty() ? "the sender offers no codec at all" : "the sender offers " + others + " but not H.264";
}

// RFC 8830: "stream track". GStreamer writes it into a=ssrc alone, as RFC 5576 attributes once were.
std::string_view stream_of(const Media& media) {
  std::string_view text = media.value("msid").value_or("");
  for (const auto value : media.values("ssrc"))
    if (const auto said = cut(value, ' ').second; text.empty() && said.starts_with("msid:")) text = said.substr(5);
  return cut(trim(text), ' ').first;
}

bool is_uuid(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

// Browsers and aiortc call their streams by UUIDs, GStreamer by its CNAME ("user3461114537@host-cfe36a91").
bool is_made_up(std::string_view stream, const Media& media) {
  const auto cnames = media.values("ssrc");
  return stream == "-" || is_uuid(stream) || std::any_of(cnames.begin(), cnames.end(), [&](std::string_view value) {
           const auto said = cut(value, ' ').second;
           return said.starts_with("cname:") && said.substr(6) == stream && stream.find('@') != stream.npos;
         });
}

// Names become those of files.
std::string without_dot_first(std::string name) {
  if (name.starts_with('.')) name[0] = '_';
  return name;
}

std::string name_of(const Media& media, std::size_t line, const std::vector<ReceivedTrack>& before) {
  const auto stream = stream_of(media);
  const auto mid = mid_of(media);
  std::vector<std::string> names;
  if (!is_made_up(stream, media)) names.push_back(without_dot_first(token(stream, "")));
  if (!parse_number<std::uint64_t>(mid)) names.push_back(without_dot_first(token(mid, "")));
  const auto is_free = [&](const std::string& name) {
    return !name.empty() &&
           std::none_of(before.begin(), before.end(), [&](const auto& other) { return other.name == name; });
  };
  for (const auto& name : names)
    if (is_free(name)) return name;
  std::string name = "video." + std::to_string(line);
  while (!is_free(name)) name += '_';  // a stream or mid of that name
  return name;
}

// Groups whose first SSRC is none of the section's are webrtcbin's mistake: then only the stream itself is known.
void read_sources(ReceivedTrack& track, const Media& media) {
  std::vector<std::uint32_t> listed;
  for (const auto value : media.values("ssrc"))
    if (const auto ssrc = parse_number<std::uint32_t>(cut(value, ' ').first); ssrc && *ssrc != 0)
      listed.push_back(*ssrc);
  if (listed.empty()) return;
  track.ssrc = listed.front();
  for (const auto value : media.values("ssrc-group")) {
    const auto parts = words(value, ' ', 4);
    if (parts.size() != 3 || parts[0] != "FID") continue;
    const auto media_ssrc = parse_number<std::uint32_t>(parts[1]);
    const auto rtx_ssrc = parse_number<std::uint32_t>(parts[2]);
    if (media_ssrc != track.ssrc || !rtx_ssrc || *rtx_ssrc == 0 || rtx_ssrc == media_ssrc) continue;
    track.rtx_ssrc = rtx_ssrc;
    return;
  }
}

}  // namespace

Result<std::vector<Receivable>> receivable_h264(const Description& description, const Media& media) {
  const auto all = codecs(media);
  const bool numbered = received_extensions(description, media).transport_cc != 0;
  std::vector<Receivable> found;
  for (const bool mode_1 : {true, false}) {
    for (const auto& codec : all) {
      if (!is_h264(codec) || !is_in_order(codec) || is_mode_1(codec) != mode_1) continue;
      const auto id = profile_of(codec);
      if (!id || is_decodable(*id)) found.push_back(to_receivable(all, codec, numbered));
    }
  }
  if (found.empty()) return fail(why_none(all));
  return found;
}

rtp::ExtensionIds received_extensions(const Description& description, const Media& media) {
  auto ids = extensions(description, media, Way::from_peer);
  ids.playout_delay = 0;
  return ids;
}

ReceivedTrack read_track(const Description& description, std::size_t line, const std::vector<ReceivedTrack>& before) {
  const Media& media = description.media[line];
  ReceivedTrack track;
  track.m_line = line;
  track.mid = mid_of(media);
  track.name = name_of(media, line, before);
  track.extensions = received_extensions(description, media);
  track.reduced_size_rtcp = media.has("rtcp-rsize");
  read_sources(track, media);
  return track;
}

}  // namespace bigfoot::sdp
