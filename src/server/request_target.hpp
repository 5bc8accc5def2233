#pragma once
// What a request asks for: the target's path as decoded segments, and the route they mean. Pure, fuzzed: whatever comes
// out has no dot segment, slash, backslash or control character in it, so it can be joined to a directory.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bigfoot::server {

inline constexpr std::size_t target_bytes_max = 2048;

/// One segment of a path, decoded: not empty, no dot segment, and no slash, backslash or control character in it.
bool is_segment(std::string_view text);

/// The segments of an origin-form or absolute-form target (RFC 9112 3.2), decoded; "/" gives none, a slash at the end
/// is ignored, the query is cut off. Nothing when the target cannot name anything here.
std::optional<std::vector<std::string>> path_segments(std::string_view target);

struct Route {
  enum class Kind { page, asset, signaling, version, robots, camera, whep_endpoint, whep_session, none };
  Kind kind = Kind::none;
  std::string robot{};
  std::string camera{};   ///< empty: all of them
  std::string session{};  ///< of whep_session
  std::string asset{};    ///< relative path of a file of web/
};

Route route_of(const std::vector<std::string>& segments);

}  // namespace bigfoot::server
