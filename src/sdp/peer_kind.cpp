#include "sdp/peer_kind.hpp"

#include "sdp/description.hpp"
#include "sdp/media_view.hpp"
#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t libnice_words_max = 32;  // webrtcbin asks libnice for ufrag and pwd of this length

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Apple's libwebrtc offers constrained high 640c.. and one baseline spelling; Google's offers 4200.. and 4d00.. too.
bool apple_profiles(const Description& description) {
  bool constrained_high = false;
  for (const auto& media : description.media) {
    for (const auto value : media.values("fmtp")) {
      if (contains(value, "profile-level-id=4200") || contains(value, "profile-level-id=4d00")) return false;
      constrained_high |= contains(value, "profile-level-id=640c");
    }
  }
  return constrained_high;
}

// Both write their address as 0.0.0.0 and their user as "-", so smaller habits decide.
PeerKind gstreamer_or_pion(const Description& description) {
  if (description.has("msid-semantic") && description.has("fingerprint")) return PeerKind::pion;
  for (const auto& media : description.media) {
    const bool long_ufrag = media.value("ice-ufrag").value_or(std::string_view{}).size() == libnice_words_max;
    if (long_ufrag && !description.has("msid-semantic")) return PeerKind::gstreamer;
  }
  return PeerKind::unknown;
}

PeerKind from_user_agent(std::string_view agent) {
  if (contains(agent, "Firefox/")) return PeerKind::firefox;
  if (contains(agent, "Chrome/") || contains(agent, "Chromium/")) return PeerKind::chromium;
  if (contains(agent, "AppleWebKit/") && contains(agent, "Version/")) return PeerKind::safari;
  if (contains(agent, "GStreamer")) return PeerKind::gstreamer;
  return PeerKind::unknown;
}

}  // namespace

const char* to_string(PeerKind kind) {
  switch (kind) {
    case PeerKind::chromium: return "chromium";
    case PeerKind::firefox: return "firefox";
    case PeerKind::safari: return "safari";
    case PeerKind::gstreamer: return "gstreamer";
    case PeerKind::pion: return "pion";
    case PeerKind::libdatachannel: return "libdatachannel";
    case PeerKind::unknown: return "unknown";
  }
  return "unknown";
}

PeerKind peer_kind(std::string_view sdp, std::string_view user_agent) {
  const PeerKind agent = from_user_agent(user_agent);
  const auto description = parse_description(sdp);
  if (!description) return agent;
  const std::string_view origin = description->origin;
  if (origin.starts_with("mozilla")) return PeerKind::firefox;
  if (origin.starts_with("rtc ")) return PeerKind::libdatachannel;
  // libwebrtc: "a=msid-semantic: WMS", with a space that nobody else writes.
  if (description->value("msid-semantic").value_or("").starts_with(" WMS"))
    return agent == PeerKind::safari || apple_profiles(*description) ? PeerKind::safari : PeerKind::chromium;
  if (origin.starts_with("- ") && origin.ends_with(" 0.0.0.0")) {
    const PeerKind kind = gstreamer_or_pion(*description);
    if (kind != PeerKind::unknown) return kind;
  }
  return agent;
}

}  // namespace bigfoot::sdp
