#include "signaling/ice_links.hpp"

#include <algorithm>
#include <optional>

namespace bigfoot::signaling {
namespace {

constexpr std::size_t header_bytes_max = 8192;
constexpr std::string_view blanks = " \t";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

/// Takes one piece after the other off a header value.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// "<…>"
  std::optional<std::string> target() {
    if (!take('<')) return std::nullopt;
    const auto end = rest_.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::string token() {
    skip_blanks();
    const auto end = std::min(rest_.find_first_of(" \t;,=\"<>"), rest_.size());
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }
  /// A token, or a quoted string with its escapes (RFC 9110 5.6.4); nothing when the quote does not end.
  std::optional<std::string> value() {
    if (!take('"')) return token();
    std::string text;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      text += rest_[i];
    }
    return std::nullopt;
  }
  void skip_to_next() {
    const auto comma = rest_.find(',');
    rest_.remove_prefix(comma == std::string_view::npos ? rest_.size() : comma);
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }
  std::string_view rest_;
};

bool is_ice_url(const std::string& url) {
  const std::string scheme = lower(url.substr(0, url.find(':')));
  const bool known = scheme == "stun" || scheme == "stuns" || scheme == "turn" || scheme == "turns";
  return known && url.size() > scheme.size() + 1 && url.find_first_of(" \t") == std::string::npos;
}

/// One link; nothing when it is malformed or leads to no STUN or TURN server.
std::optional<IceLink> take_link(Cursor& cursor) {
  auto target = cursor.target();
  if (!target) return std::nullopt;
  IceLink link{std::move(*target), {}, {}};
  bool is_ice_server = false;
  while (cursor.take(';')) {
    const std::string name = lower(cursor.token());
    std::string value;
    if (cursor.take('=')) {
      auto read = cursor.value();
      if (!read) return std::nullopt;
      value = std::move(*read);
    }
    if (name == "rel") is_ice_server = lower(value) == "ice-server";
    if (name == "username") link.username = value;
    if (name == "credential") link.credential = value;
  }
  if (!is_ice_server || !is_ice_url(link.url)) return std::nullopt;
  return link;
}

}  // namespace

std::vector<IceLink> parse_ice_links(std::string_view header, std::size_t at_most) {
  std::vector<IceLink> links;
  Cursor cursor(header.substr(0, header_bytes_max));
  while (!cursor.done() && links.size() < at_most) {
    if (auto link = take_link(cursor)) links.push_back(std::move(*link));
    if (cursor.take(',')) continue;
    cursor.skip_to_next();
    if (!cursor.take(',')) break;
  }
  return links;
}

}  // namespace bigfoot::signaling
