#pragma once
// SDP as RFC 8866 writes it: a session part and media sections of lines, kept in order. No meaning here: see
// media_view.hpp for what the attributes say.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bigfoot::sdp {

/// Outside bytes are bounded before anything is kept. A Chromium offer of 16 cameras is about 90 KiB and 2,700 lines.
inline constexpr std::size_t description_bytes_max = 192 * 1024;
inline constexpr std::size_t description_lines_max = 6000;
inline constexpr std::size_t description_sections_max = 64;

/// a=name:value, or a=name with an empty value.
struct Attribute {
  std::string name;
  std::string value;
  bool operator==(const Attribute&) const = default;
};

/// A line that is not a=, m=, v=, o= or s=: i=, c=, b=, t=, …
struct Line {
  char type = 0;
  std::string value;
  bool operator==(const Line&) const = default;
};

/// Lines and attributes of the session or of one media section, in the order they stand.
struct Section {
  std::vector<Line> lines;
  std::vector<Attribute> attributes;
  bool operator==(const Section&) const = default;

  /// The value of the first attribute of that name; empty view for a flag; nullopt when absent.
  std::optional<std::string_view> value(std::string_view name) const;
  bool has(std::string_view name) const { return value(name).has_value(); }
  std::vector<std::string_view> values(std::string_view name) const;
  void add(std::string name, std::string value = {}) { attributes.push_back({std::move(name), std::move(value)}); }
};

struct Media : Section {
  std::string type;  ///< video, audio, application, …
  std::uint16_t port = 9;
  std::string protocol = "UDP/TLS/RTP/SAVPF";
  std::vector<std::string> formats;
  bool operator==(const Media&) const = default;
};

struct Description : Section {
  std::string origin;      ///< behind o=
  std::string name = "-";  ///< behind s=
  std::vector<Media> media;
  bool operator==(const Description&) const = default;
};

/// CRLF or LF line ends, empty lines at the end. Errors name the line: too large, not "x=…", no v=0 first, no o=, a
/// malformed m=, too many lines or sections.
[[nodiscard]] Result<Description> parse_description(std::string_view text);
/// With CRLF line ends.
std::string to_string(const Description& description);

}  // namespace bigfoot::sdp
