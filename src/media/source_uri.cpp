#include "media/source_uri.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "base/nearest.hpp"
#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

struct Scheme {
  const char* name;
  SourceKind kind;
  const char* example;
};
constexpr Scheme schemes[] = {
    {"test", SourceKind::test, "test:?size=1280x720&fps=30"},
    {"v4l2", SourceKind::v4l2, "v4l2:/dev/video0?format=mjpeg"},
    {"file", SourceKind::file, "file:/home/me/drive.mp4"},
    {"gst", SourceKind::gst, "gst:videotestsrc is-live=true"},
};
constexpr const char* test_keys[] = {"size", "fps", "pattern"};
constexpr const char* v4l2_keys[] = {"size", "fps", "format"};

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 200)) + "\""; }

tl::unexpected<Error> unknown_scheme(std::string_view text, std::string_view scheme) {
  if (text.empty()) return fail("the camera source is empty", "write one like test: or v4l2:/dev/video0");
  if (text.starts_with("/dev/"))
    return fail(quoted(text) + " is not a camera source", "write v4l2:" + std::string(text.substr(0, 200)));
  if (text.starts_with("/") || text.starts_with("./"))
    return fail(quoted(text) + " is not a camera source", "write file: and the whole path of the video");
  std::vector<std::string> names;
  std::string list;
  for (const Scheme& row : schemes) {
    names.emplace_back(row.name);
    list += (list.empty() ? "" : ", ") + names.back() + ":";
  }
  const std::string best = nearest(scheme, names);
  const auto row =
      std::find_if(std::begin(schemes), std::end(schemes), [&](const Scheme& s) { return s.name == best; });
  const std::string near = row == std::end(schemes) ? "" : "the nearest is " + best + ":, as in " + row->example + "; ";
  return fail(quoted(text) + " names no known kind of camera source", near + "there are " + list);
}

/// One of the words that to_string() writes.
template <class Enum>
Result<> set_word(Enum& place, std::string_view key, std::string_view value, std::initializer_list<Enum> known) {
  std::string list;
  for (const Enum one : known) {
    if (value == to_string(one)) {
      place = one;
      return {};
    }
    list += (list.empty() ? "" : ", ") + std::string(to_string(one));
  }
  return fail(quoted(value) + " is not a " + std::string(key), "there are " + list);
}

Result<> set_key(SourceUri& uri, std::string_view key, std::string_view value, std::span<const char* const> keys) {
  if (std::none_of(keys.begin(), keys.end(), [&](const char* k) { return key == k; })) {
    const std::string near = nearest(key, {keys.begin(), keys.end()});
    std::string list;
    for (const char* k : keys) list += (list.empty() ? "" : ", ") + std::string(k);
    return fail(quoted(key) + " is not a setting of this source",
                (near.empty() ? "" : "the nearest is " + near + "; ") + "there are " + list);
  }
  if (key == "format") {
    auto format = parse_v4l2_format(value);
    if (!format) return tl::unexpected(format.error());
    uri.format = std::move(*format);
    return {};
  }
  if (key == "pattern") return set_word(uri.pattern, key, value, {TestPattern::rover, TestPattern::plain});
  if (key == "size") {
    auto size = parse_size(value);
    if (!size) return tl::unexpected(size.error());
    uri.size = *size;
    return {};
  }
  auto fps = parse_frame_rate(value);
  if (!fps) return tl::unexpected(fps.error());
  uri.fps = *fps;
  return {};
}

Result<> set_query(SourceUri& uri, std::string_view query, std::span<const char* const> keys) {
  std::vector<std::string_view> seen;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return fail(quoted(pair) + " has no value", "write it like size=1280x720");
    const std::string_view key = pair.substr(0, equals);
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      return fail(quoted(key) + " is given twice", "keep one of them");
    seen.push_back(key);
    if (auto set = set_key(uri, key, pair.substr(equals + 1), keys); !set) return set;
  }
  return {};
}

Result<> split_target(SourceUri& uri, std::string_view rest, std::span<const char* const> keys) {
  const auto mark = std::min(rest.find('?'), rest.size());
  uri.target = rest.substr(0, mark);
  return set_query(uri, rest.substr(std::min(mark + 1, rest.size())), keys);
}

}  // namespace

const char* to_string(SourceKind kind) {
  switch (kind) {
    case SourceKind::test: return "test";
    case SourceKind::v4l2: return "v4l2";
    case SourceKind::file: return "file";
    case SourceKind::gst: return "gst";
  }
  return "test";
}

const char* to_string(TestPattern pattern) { return pattern == TestPattern::plain ? "plain" : "rover"; }

Result<SourceUri> parse_source_uri(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view scheme = text.substr(0, std::min(colon, text.size()));
  const auto row =
      std::find_if(std::begin(schemes), std::end(schemes), [&](const Scheme& s) { return scheme == s.name; });
  if (colon == std::string_view::npos || row == std::end(schemes)) return unknown_scheme(text, scheme);
  const std::string_view rest = text.substr(colon + 1);
  SourceUri uri;
  uri.kind = row->kind;
  Result<> read;
  switch (uri.kind) {
    case SourceKind::test:
      read = split_target(uri, rest, test_keys);
      if (read && !uri.target.empty())
        read = fail(quoted(uri.target) + " after test: means nothing",
                    "write test: or test:?size=1280x720&fps=30&pattern=rover");
      break;
    case SourceKind::v4l2:
      read = split_target(uri, rest, v4l2_keys);
      if (read && !uri.target.starts_with('/'))
        read = fail(quoted(text) + " names no device", "write v4l2:/dev/video0, or a path under /dev/v4l/by-id/");
      break;
    case SourceKind::file:
      uri.target = rest.starts_with("///") ? rest.substr(2) : rest;
      if (!uri.target.starts_with('/'))
        read = fail(quoted(text) + " names no whole path", "write file:/home/me/drive.mp4");
      break;
    case SourceKind::gst:
      uri.target = rest;
      if (rest.find_first_not_of(' ') == std::string_view::npos)
        read =
            fail("gst: is empty", "write a launch text that ends in raw or H.264, like gst:videotestsrc is-live=true");
      break;
  }
  if (!read) return tl::unexpected(read.error());
  return uri;
}

}  // namespace bigfoot::media
