#include "sdp/description.hpp"

#include <algorithm>
#include <cctype>

#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t formats_max = 256;

std::string shown(std::string_view line) {
  std::string text;
  for (const char c : line.substr(0, 60)) text += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
  return line.size() > 60 ? text + "…" : text;
}

tl::unexpected<Error> bad_line(std::size_t number, std::string_view line, const std::string& why) {
  return fail("SDP line " + std::to_string(number) + " \"" + shown(line) + "\": " + why);
}

// A control character inside a line would become a line of its own when it is written again.
bool printable(std::string_view line) {
  return std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 && c != '\t'; });
}

// Without the empty lines at its end. Blanks that end the last line stay: they belong to its value as in any other.
std::string_view without_empty_end(std::string_view text) {
  const auto last = text.find_last_not_of("\r\n \t");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, text.find('\n', last));
}

Attribute to_attribute(std::string_view value) {
  const auto [name, rest] = cut(value, ':');
  return {std::string(name), std::string(rest)};
}

// "video 9 UDP/TLS/RTP/SAVPF 96 97"; a port may carry "/2" (RFC 8866 5.14), which no WebRTC program uses.
std::optional<Media> to_media(std::string_view value) {
  const auto fields = words(value, ' ', formats_max + 3);
  if (fields.size() < 4) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(cut(fields[1], '/').first);
  if (!port) return std::nullopt;
  Media media;
  media.type = fields[0];
  media.port = *port;
  media.protocol = fields[2];
  media.formats.assign(fields.begin() + 3, fields.end());
  return media;
}

/// Fills a Description line by line; finish() says whether it is one.
class Reader {
 public:
  Result<> take(std::string_view line) {
    ++number_;
    if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z')
      return bad_line(number_, line, "not of the form x=…");
    if (!printable(line)) return bad_line(number_, line, "holds a control character");
    const std::string_view value = line.substr(2);
    if (number_ == 1) {
      if (line != "v=0") return bad_line(number_, line, "SDP begins with v=0");
      return {};
    }
    switch (line[0]) {
      case 'm': return take_media(line, value);
      case 'a': section_->attributes.push_back(to_attribute(value)); return {};
      case 'o': return take_once(description_.origin, has_origin_, line, value);
      case 's': return take_once(description_.name, has_name_, line, value);
      default: section_->lines.push_back({line[0], std::string(value)}); return {};
    }
  }

  Result<Description> finish() {
    if (number_ == 0) return fail("the SDP is empty");
    if (!has_origin_) return fail("the SDP has no o= line");
    return std::move(description_);
  }

 private:
  Result<> take_media(std::string_view line, std::string_view value) {
    if (description_.media.size() == description_sections_max)
      return bad_line(number_, line, "more than " + std::to_string(description_sections_max) + " m= sections");
    auto media = to_media(value);
    if (!media) return bad_line(number_, line, "not \"m=type port protocol formats\"");
    description_.media.push_back(std::move(*media));
    section_ = &description_.media.back();
    return {};
  }
  Result<> take_once(std::string& into, bool& seen, std::string_view line, std::string_view value) {
    if (seen || !description_.media.empty()) return bad_line(number_, line, "a second one, or inside a media section");
    seen = true;
    into = value;
    return {};
  }

  Description description_;
  Section* section_ = &description_;
  std::size_t number_ = 0;
  bool has_origin_ = false;
  bool has_name_ = false;
};

void write(std::string& out, const Section& section) {
  for (const auto& line : section.lines) out.append({line.type, '='}).append(line.value).append("\r\n");
  for (const auto& attribute : section.attributes) {
    out.append("a=").append(attribute.name);
    if (!attribute.value.empty()) out.append(":").append(attribute.value);
    out.append("\r\n");
  }
}

}  // namespace

std::optional<std::string_view> Section::value(std::string_view wanted) const {
  for (const auto& attribute : attributes)
    if (attribute.name == wanted) return attribute.value;
  return std::nullopt;
}

std::vector<std::string_view> Section::values(std::string_view wanted) const {
  std::vector<std::string_view> found;
  for (const auto& attribute : attributes)
    if (attribute.name == wanted) found.push_back(attribute.value);
  return found;
}

Result<Description> parse_description(std::string_view text) {
  if (text.size() > description_bytes_max)
    return fail("the SDP has " + std::to_string(text.size()) + " bytes, more than " +
                std::to_string(description_bytes_max));
  text = without_empty_end(text);
  Reader reader;
  for (std::size_t lines = 0; !text.empty(); ++lines) {
    if (lines == description_lines_max)
      return fail("the SDP has more than " + std::to_string(description_lines_max) + " lines");
    if (auto taken = reader.take(take_line(text)); !taken) return tl::unexpected(std::move(taken.error()));
  }
  return reader.finish();
}

std::string to_string(const Description& description) {
  std::string out = "v=0\r\no=" + description.origin + "\r\ns=" + description.name + "\r\n";
  write(out, description);
  for (const auto& media : description.media) {
    out += "m=" + media.type + ' ' + std::to_string(media.port) + ' ' + media.protocol;
    for (const auto& format : media.formats) out += ' ' + format;
    out += "\r\n";
    write(out, media);
  }
  return out;
}

}  // namespace bigfoot::sdp
