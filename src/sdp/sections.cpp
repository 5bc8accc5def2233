#include "sdp/sections.hpp"

#include "base/check.hpp"
#include "sdp/media_view.hpp"
#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::string_view no_address = "IN IP4 0.0.0.0";  // addresses travel as candidates (RFC 9429 5.2.1)

/// In an answer a direction is turned round: "N/recvonly" of the peer is "N/sendonly" of ours.
std::string id_text(std::uint8_t id, std::string_view uri, const Media* offered) {
  const auto theirs = offered ? mapped_direction(*offered, uri) : std::string_view{};
  const char* ours = theirs == "recvonly" ? "/sendonly " : theirs == "sendonly" ? "/recvonly " : " ";
  return std::to_string(id) + ours;
}

void add_extensions(Media& media, const rtp::ExtensionIds& ids, const Media* offered) {
  const auto add = [&](std::uint8_t id, std::string_view uri) {
    if (id != 0) media.add("extmap", id_text(id, uri, offered) + std::string(uri));
  };
  add(ids.transport_cc, rtp::transport_cc_uri);
  add(ids.playout_delay, rtp::playout_delay_uri);
  add(ids.abs_capture_time, rtp::abs_capture_time_uri);
  add(ids.mid, rtp::mid_uri);
}

void add_feedback(Media& media, const std::string& type, const Feedback& feedback) {
  if (feedback.nack) media.add("rtcp-fb", type + " nack");
  if (feedback.pli) media.add("rtcp-fb", type + " nack pli");
  if (feedback.fir) media.add("rtcp-fb", type + " ccm fir");
  if (feedback.transport_cc) media.add("rtcp-fb", type + " transport-cc");
  if (feedback.remb) media.add("rtcp-fb", type + " goog-remb");
}

struct Format {
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> rtx_payload_type;
  const Feedback& feedback;
  const std::string& fmtp;
};

void add_format(Media& media, const Format& format) {
  const auto type = std::to_string(format.payload_type);
  media.formats.push_back(type);
  media.add("rtpmap", type + " H264/90000");
  add_feedback(media, type, format.feedback);
  if (!format.fmtp.empty()) media.add("fmtp", type + ' ' + format.fmtp);
  if (!format.rtx_payload_type) return;
  const auto rtx = std::to_string(*format.rtx_payload_type);
  media.formats.push_back(rtx);
  media.add("rtpmap", rtx + " rtx/90000");
  media.add("fmtp", rtx + " apt=" + type);
}

std::string sent_fmtp(const SendingSection& section) {
  return std::string(section.level_asymmetry_allowed ? "level-asymmetry-allowed=1;" : "") +
         "packetization-mode=1;profile-level-id=" + section.agreed.profile_level_id.text();
}

Media make_video(const std::string& mid) {
  Media media;
  media.type = "video";
  media.lines.push_back({'c', std::string(no_address)});
  if (!mid.empty()) media.add("mid", mid);
  return media;
}

void add_source(Media& media, std::uint32_t ssrc, const std::string& cname, const std::string& msid) {
  const auto source = std::to_string(ssrc);
  media.add("ssrc", source + " cname:" + cname);
  media.add("ssrc", source + " msid:" + msid);  // webrtcbin reads the stream from here, not from a=msid
}

void add_sources(Media& media, const SendingSection& section, const std::string& msid) {
  const auto cname = token(section.cname, "bigfoot");
  const bool rtx = section.agreed.rtx_payload_type.has_value();
  if (rtx)
    media.add("ssrc-group", "FID " + std::to_string(section.track.ssrc) + ' ' + std::to_string(section.track.rtx_ssrc));
  add_source(media, section.track.ssrc, cname, msid);
  if (rtx) add_source(media, section.track.rtx_ssrc, cname, msid);
}

}  // namespace

Description make_head(const Origin& origin, const std::vector<std::string>& mids) {
  Description description;
  description.origin =
      "- " + std::to_string(origin.session_id) + ' ' + std::to_string(origin.version) + " IN IP4 127.0.0.1";
  description.lines.push_back({'t', "0 0"});
  std::string group;
  for (const auto& mid : mids) group += ' ' + mid;
  if (!mids.empty()) description.add("group", "BUNDLE" + group);
  description.add("ice-options", "trickle");
  description.add("msid-semantic", "WMS *");
  return description;
}

std::string token(std::string_view name, std::string_view instead_of_empty) {
  std::string text;
  for (const char c : name.substr(0, 64)) {
    const bool ok =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    text += ok ? c : '_';
  }
  return text.empty() ? std::string(instead_of_empty) : text;
}

Media make_sending(const SendingSection& section) {
  Media media = make_video(section.agreed.mid);
  add_extensions(media, section.agreed.extensions, section.offered);
  const bool sends = section.agreed.accepted;
  const auto stream = token(section.track.name, "camera");
  media.add(sends ? "sendonly" : "inactive");
  if (sends) media.add("msid", stream + ' ' + stream);
  media.add("rtcp-mux");
  if (section.agreed.reduced_size_rtcp) media.add("rtcp-rsize");
  add_format(media, {section.agreed.payload_type, section.agreed.rtx_payload_type, section.agreed.feedback,
                     sent_fmtp(section)});
  if (sends) add_sources(media, section, stream + ' ' + stream);
  return media;
}

Media make_receiving(const ReceivingSection& section) {
  Media media = make_video(section.track.mid);
  add_extensions(media, section.track.extensions, section.offered);
  media.add(section.track.accepted ? "recvonly" : "inactive");
  media.add("rtcp-mux");
  if (!section.offered) media.add("rtcp-mux-only");  // WHEP demands it (RFC 8858)
  if (section.track.reduced_size_rtcp) media.add("rtcp-rsize");
  for (const auto& [format, fmtp] : section.formats)
    add_format(media, {format.payload_type, format.rtx_payload_type, format.feedback, fmtp});
  return media;
}

void add_transport(Media& media, const LocalTransport& transport, Setup setup, bool with_candidates) {
  media.add("ice-ufrag", transport.ufrag);
  media.add("ice-pwd", transport.pwd);
  media.add("fingerprint", transport.fingerprint);
  media.add("setup", setup == Setup::actpass ? "actpass" : setup == Setup::active ? "active" : "passive");
  if (!with_candidates) return;
  for (const auto& candidate : transport.candidates) {
    std::string_view value = candidate;
    if (value.starts_with("candidate:")) value.remove_prefix(10);
    media.add("candidate", std::string(value));
  }
  if (transport.gathering_complete) media.add("end-of-candidates");
}

Media make_shell(const Media& offered) {
  Media media;
  media.type = offered.type;
  media.lines.push_back({'c', std::string(no_address)});
  media.add("mid", std::string(mid_of(offered)));
  media.add("inactive");
  media.add("rtcp-mux");
  const auto all = codecs(offered);
  BIGFOOT_CHECK(!all.empty(), "a section without codecs cannot live");
  media.formats.push_back(std::to_string(all.front().payload_type));
  for (const auto& attribute : offered.attributes)
    if ((attribute.name == "rtpmap" || attribute.name == "fmtp") && cut(attribute.value, ' ').first == media.formats[0])
      media.attributes.push_back(attribute);
  return media;
}

Media make_rejected(const Media& offered) {
  Media media;
  media.type = offered.type;
  media.port = 0;
  media.protocol = offered.protocol;
  media.formats = offered.formats;
  media.lines.push_back({'c', std::string(no_address)});
  if (const auto mid = mid_of(offered); !mid.empty()) media.add("mid", std::string(mid));
  media.add("inactive");
  return media;
}

}  // namespace bigfoot::sdp
