#include "sdp/media_view.hpp"

#include <array>

#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t payload_types = 128;

bool is_rtp_payload_type(std::uint8_t type) { return type < 64 || (type > 95 && type < payload_types); }

void add_feedback(Feedback& feedback, std::string_view value) {
  const auto parts = words(value);
  const std::string_view kind = parts.empty() ? std::string_view{} : parts[0];
  const std::string_view more = parts.size() < 2 ? std::string_view{} : parts[1];
  if (kind == "nack" && more.empty()) feedback.nack = true;
  if (kind == "nack" && more == "pli") feedback.pli = true;
  if (kind == "ccm" && more == "fir") feedback.fir = true;
  if (kind == "transport-cc") feedback.transport_cc = true;
  if (kind == "goog-remb") feedback.remb = true;
}

/// Codecs by payload type, filled in one pass over the attributes.
class CodecTable {
 public:
  explicit CodecTable(const Media& media) {
    for (const auto& attribute : media.attributes) {
      if (attribute.name == "rtcp-fb" && attribute.value.starts_with("* "))
        add_feedback(for_all_, std::string_view(attribute.value).substr(2));
      else
        take(attribute);
    }
  }

  std::optional<Codec> find(std::uint8_t type) const {
    Codec codec = table_[type];
    if (codec.name.empty()) return std::nullopt;
    codec.feedback.nack |= for_all_.nack;
    codec.feedback.pli |= for_all_.pli;
    codec.feedback.fir |= for_all_.fir;
    codec.feedback.transport_cc |= for_all_.transport_cc;
    codec.feedback.remb |= for_all_.remb;
    return codec;
  }

 private:
  void take(const Attribute& attribute) {
    const auto [type_text, value] = cut(attribute.value, ' ');
    const auto type = parse_number<std::uint8_t>(type_text);
    if (!type || !is_rtp_payload_type(*type)) return;
    Codec& codec = table_[*type];
    codec.payload_type = *type;
    if (attribute.name == "rtpmap") {
      const auto [name, rate] = cut(trim(value), '/');
      codec.name = name;
      codec.clock_rate = parse_number<std::uint32_t>(cut(rate, '/').first).value_or(0);
    } else if (attribute.name == "fmtp") {
      codec.fmtp = trim(value);
    } else if (attribute.name == "rtcp-fb") {
      add_feedback(codec.feedback, value);
    }
  }

  std::array<Codec, payload_types> table_{};
  Feedback for_all_;
};

std::optional<Direction> stated_direction(const Section& section) {
  for (const auto& attribute : section.attributes) {
    if (attribute.name == "sendrecv") return Direction::sendrecv;
    if (attribute.name == "sendonly") return Direction::sendonly;
    if (attribute.name == "recvonly") return Direction::recvonly;
    if (attribute.name == "inactive") return Direction::inactive;
  }
  return std::nullopt;
}

// "3/recvonly urn:…": the direction is the peer's, so it has to include what the peer does with the media.
void add_extension(rtp::ExtensionIds& ids, std::string_view value, std::string_view other_way) {
  const auto parts = words(value, ' ', 2);
  if (parts.size() < 2) return;
  const auto [id_text, stated] = cut(parts[0], '/');
  const auto id = parse_number<std::uint8_t>(id_text);
  if (!id || *id < 1 || *id > 14) return;
  if (stated == other_way || stated == "inactive") return;
  if (parts[1] == rtp::transport_cc_uri) ids.transport_cc = *id;
  if (parts[1] == rtp::playout_delay_uri) ids.playout_delay = *id;
  if (parts[1] == rtp::abs_capture_time_uri) ids.abs_capture_time = *id;
  if (parts[1] == rtp::mid_uri) ids.mid = *id;
}

}  // namespace

std::optional<std::string_view> Codec::parameter(std::string_view wanted) const {
  for (const auto part : words(fmtp, ';')) {
    const auto [key, value] = cut(trim(part), '=');
    if (equal_ignoring_case(trim(key), wanted)) return trim(value);
  }
  return std::nullopt;
}

std::vector<Codec> codecs(const Media& media) {
  const CodecTable table(media);
  std::array<bool, payload_types> seen{};
  std::vector<Codec> found;
  for (const auto& format : media.formats) {
    const auto type = parse_number<std::uint8_t>(format);
    if (!type || !is_rtp_payload_type(*type) || seen[*type]) continue;
    seen[*type] = true;
    if (const auto codec = table.find(*type)) found.push_back(*codec);
  }
  return found;
}

Direction direction(const Description& description, const Media& media) {
  if (const auto stated = stated_direction(media)) return *stated;
  return stated_direction(description).value_or(Direction::sendrecv);
}

rtp::ExtensionIds extensions(const Description& description, const Media& media, Way way) {
  const std::string_view other_way = way == Way::to_peer ? "sendonly" : "recvonly";
  rtp::ExtensionIds ids;
  for (const auto value : description.values("extmap")) add_extension(ids, value, other_way);
  for (const auto value : media.values("extmap")) add_extension(ids, value, other_way);
  return ids;
}

std::string_view mapped_direction(const Media& media, std::string_view uri) {
  for (const auto value : media.values("extmap")) {
    const auto parts = words(value, ' ', 2);
    if (parts.size() == 2 && parts[1] == uri) return cut(parts[0], '/').second;
  }
  return {};
}

bool is_rejected(const Media& media) { return media.port == 0 && !media.has("bundle-only"); }

std::string_view mid_of(const Media& media) { return trim(media.value("mid").value_or(std::string_view{})); }

std::vector<std::string_view> bundle_of(const Description& description) {
  for (const auto value : description.values("group")) {
    const auto [semantics, mids] = cut(trim(value), ' ');
    if (semantics == "BUNDLE") return words(mids);
  }
  return {};
}

}  // namespace bigfoot::sdp
