#include "server/request_target.hpp"

#include <algorithm>

namespace bigfoot::server {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

/// http://host/path → /path.
std::string_view without_authority(std::string_view target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const auto path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

std::string join(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) path += (path.empty() ? "" : "/") + segment;
  return path;
}

}  // namespace

bool is_segment(std::string_view text) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\'; };
  return !text.empty() && text != "." && text != ".." && std::none_of(text.begin(), text.end(), bad);
}

std::optional<std::vector<std::string>> path_segments(std::string_view target) {
  if (target.size() > target_bytes_max) return std::nullopt;
  std::string_view path = without_authority(target);
  path = path.substr(0, path.find_first_of("?#"));
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> segments;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto segment = decode(path.substr(0, slash));
    if (!segment || !is_segment(*segment)) return std::nullopt;
    segments.push_back(*segment);
    if (slash == path.size()) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) return std::nullopt;  // "a//": one slash at the end was cut already
  }
  return segments;
}

Route route_of(const std::vector<std::string>& segments) {
  using Kind = Route::Kind;
  const std::size_t size = segments.size();
  const std::string first = size == 0 ? "" : segments[0];
  if (size == 0) return {Kind::page};
  if (size == 1 && first == "ws") return {Kind::signaling};
  if (size == 1 && first == "version") return {Kind::version};
  if (size == 3 && first == "api" && segments[1] == "v1" && segments[2] == "robots") return {Kind::robots};
  if (size == 6 && first == "api" && segments[1] == "v1" && segments[2] == "robots" && segments[4] == "cameras")
    return {Kind::camera, segments[3], segments[5]};
  if (first == "r" || first == "whep") {
    if (size < 2 || size > 3) return {};
    return {first == "r" ? Kind::page : Kind::whep_endpoint, segments[1], size == 3 ? segments[2] : ""};
  }
  if (first == "whep-sessions") return size == 2 ? Route{Kind::whep_session, "", "", segments[1]} : Route{};
  if (first == "api") return {};
  return {Kind::asset, "", "", "", join(segments)};
}

}  // namespace bigfoot::server
