// a=candidate of RFC 8839 5.1.

#include <algorithm>
#include <cctype>

#include "sdp/text.hpp"
#include "sdp/transport.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t candidate_bytes_max = 1024;
constexpr std::size_t foundation_max = 32;  // RFC 8839 5.1
constexpr std::size_t host_name_max = 253;

tl::unexpected<Error> bad(std::string_view text, std::string why) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
  return fail("ICE candidate \"" + shown + "\": " + std::move(why));
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

// IPv4, IPv6 and host names: what may stand there without being able to break out of the line when written again.
bool address_shaped(std::string_view text) {
  return !text.empty() && text.size() <= host_name_max && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == ':' || c == '-' || c == '_' || c == '%';
  });
}

// ice-char of RFC 8839.
bool ice_chars(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; });
}

// Behind the type: "raddr A rport P" and pairs of which only ufrag matters here.
bool read_extensions(Candidate& candidate, const std::vector<std::string_view>& fields) {
  for (std::size_t i = 8; i + 1 < fields.size(); i += 2) {
    const auto name = fields[i];
    const auto value = fields[i + 1];
    if (name == "raddr") {
      if (!address_shaped(value)) return false;
      candidate.related_address = value;
    } else if (name == "rport") {
      const auto port = parse_number<std::uint16_t>(value);
      if (!port) return false;
      candidate.related_port = *port;
    } else if (name == "tcptype") {
      if (value != "active" && value != "passive" && value != "so") return false;
      candidate.tcp_type = value;
    } else if (name == "ufrag") {
      if (!ice_chars(value) || value.size() > 256) return false;
      candidate.ufrag = value;
    }
  }
  if (candidate.related_address.empty()) candidate.related_port = 0;  // a port of nothing
  return true;
}

}  // namespace

Result<Candidate> parse_candidate(std::string_view text) {
  const std::string_view whole = text;
  if (text.size() > candidate_bytes_max) return bad(text, "longer than 1024 bytes");
  while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
  if (text.starts_with("a=")) text.remove_prefix(2);
  if (!text.starts_with("candidate:")) return bad(whole, "does not begin with candidate:");
  text.remove_prefix(10);
  if (text.find_first_of("\r\n") != std::string_view::npos) return bad(whole, "more than one line");

  const auto fields = words(text, ' ', 64);
  if (fields.size() < 8 || fields[6] != "typ")
    return bad(whole, "not \"foundation component protocol priority address port typ type\"");
  Candidate candidate;
  candidate.foundation = fields[0];
  if (candidate.foundation.size() > foundation_max || !ice_chars(candidate.foundation))
    return bad(whole, "the foundation is not 1 to 32 letters and digits");
  const auto component = parse_number<std::uint16_t>(fields[1]);
  if (!component || *component < 1 || *component > 256) return bad(whole, "the component is not 1 to 256");
  candidate.component = *component;
  candidate.protocol = lower_case(fields[2]);
  if (candidate.protocol.size() > 16 || !ice_chars(candidate.protocol)) return bad(whole, "the protocol is not a word");
  const auto priority = parse_number<std::uint32_t>(fields[3]);
  if (!priority) return bad(whole, "the priority is not a 32-bit number");
  candidate.priority = *priority;
  if (!address_shaped(fields[4])) return bad(whole, "the address is neither IP nor host name");
  candidate.address = fields[4];
  const auto port = parse_number<std::uint16_t>(fields[5]);
  if (!port) return bad(whole, "the port is not 0 to 65535");
  candidate.port = *port;
  candidate.type = fields[7];
  if (candidate.type != "host" && candidate.type != "srflx" && candidate.type != "prflx" && candidate.type != "relay")
    return bad(whole, "the type is not host, srflx, prflx or relay");
  if (!read_extensions(candidate, fields)) return bad(whole, "malformed raddr, rport or ufrag");
  return candidate;
}

std::string to_string(const Candidate& candidate) {
  std::string text = "candidate:" + candidate.foundation + ' ' + std::to_string(candidate.component) + ' ' +
                     candidate.protocol + ' ' + std::to_string(candidate.priority) + ' ' + candidate.address + ' ' +
                     std::to_string(candidate.port) + " typ " + candidate.type;
  if (!candidate.related_address.empty())
    text += " raddr " + candidate.related_address + " rport " + std::to_string(candidate.related_port);
  if (!candidate.tcp_type.empty()) text += " tcptype " + candidate.tcp_type;
  if (!candidate.ufrag.empty()) text += " ufrag " + candidate.ufrag;
  return text;
}

}  // namespace bigfoot::sdp
