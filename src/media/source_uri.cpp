#include "media/source_uri.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <span>
#include <utility>

#include "base/duration.hpp"
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
    {"rtsp", SourceKind::rtsp, "rtsp://camera.local/stream"},
    {"rtsps", SourceKind::rtsp, "rtsps://camera.local/stream"},
    {"libcamera", SourceKind::libcamera, "libcamera:?size=1280x720"},
    {"argus", SourceKind::argus, "argus:0"},
};
constexpr std::size_t controls_max = 32;

std::string quoted(std::string_view text) { return "\"" + without_password(text.substr(0, 200)) + "\""; }

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

/// Puts what `parse` read into its place.
template <class Place, class Value>
Result<> put(Place& place, Result<Value> value) {
  if (!value) return tl::unexpected(std::move(value).error());
  place = std::move(*value);
  return {};
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

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<> set_latency(SourceUri& uri, std::string_view value) {
  const auto time = parse_duration(value, "ms");
  if (!time || *time > 5s || *time % 1ms != 0ns)
    return fail(quoted(value) + " is not a latency", "write 0ms to 5000ms, like latency=50ms");
  uri.rtsp.latency = std::chrono::duration_cast<Millis>(*time);
  return {};
}

Result<> set_card(SourceUri& uri, std::string_view value) {
  if (value.empty()) return fail("card is empty", "write a camera's own name or how it begins, like card=HD Webcam");
  uri.card = value;
  return {};
}

struct Key {
  const char* name;
  Result<> (*set)(SourceUri& uri, std::string_view value);
};
using Keys = std::vector<Key>;

constexpr Key shared_keys[] = {
    {"size", [](SourceUri& uri, std::string_view value) { return put(uri.size, parse_size(value)); }},
    {"fps", [](SourceUri& uri, std::string_view value) { return put(uri.fps, parse_frame_rate(value)); }},
    {"capture", [](SourceUri& uri, std::string_view value) { return put(uri.capture, parse_size(value)); }},
    {"rotate", [](SourceUri& uri, std::string_view value) { return put(uri.turn.rotate, parse_rotate(value)); }},
    {"flip", [](SourceUri& uri, std::string_view value) { return put(uri.turn.flip, parse_flip(value)); }},
    {"crop", [](SourceUri& uri, std::string_view value) { return put(uri.turn.crop, parse_crop(value)); }},
};
constexpr Key pattern_key = {"pattern", [](SourceUri& uri, std::string_view value) {
                               return set_word(uri.pattern, "pattern", value, {TestPattern::rover, TestPattern::plain});
                             }};
constexpr Key v4l2_keys[] = {
    {"format", [](SourceUri& uri, std::string_view value) { return put(uri.format, parse_v4l2_format(value)); }},
    {"card", set_card},
};
constexpr Key rtsp_keys[] = {
    {"transport",
     [](SourceUri& uri, std::string_view value) {
       return set_word(uri.rtsp.transport, "transport", value, {RtspTransport::tcp, RtspTransport::udp});
     }},
    {"codec",
     [](SourceUri& uri, std::string_view value) {
       return set_word(uri.rtsp.codec, "codec", value, {RtspCodec::h264, RtspCodec::h265, RtspCodec::jpeg});
     }},
    {"latency", set_latency},
};

constexpr Key passthrough_key = {"passthrough", [](SourceUri& uri, std::string_view value) {
                                   return put(uri.passthrough, parse_passthrough(value));
                                 }};

bool encodes(SourceKind kind) {
  return kind == SourceKind::v4l2 || kind == SourceKind::rtsp || kind == SourceKind::gst;
}

Keys keys_of(SourceKind kind) {
  Keys keys(std::begin(shared_keys), std::end(shared_keys));
  if (kind == SourceKind::test) keys.push_back(pattern_key);
  if (kind == SourceKind::v4l2) keys.insert(keys.end(), std::begin(v4l2_keys), std::end(v4l2_keys));
  if (kind == SourceKind::rtsp) keys.insert(keys.end(), std::begin(rtsp_keys), std::end(rtsp_keys));
  if (encodes(kind)) keys.push_back(passthrough_key);
  return keys;
}

bool is_control_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

tl::unexpected<Error> unknown_key(std::string_view key, SourceKind kind, const Keys& keys) {
  std::vector<std::string> names;
  std::string list;
  for (const Key& one : keys) {
    names.emplace_back(one.name);
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const std::string near = nearest(key, names);
  const std::string controls =
      kind == SourceKind::v4l2 ? ", and the camera's controls with whole numbers, like brightness=20" : "";
  return fail(quoted(key) + " is not a setting of this source",
              (near.empty() ? "" : "the nearest is " + near + "; ") + "there are " + list + controls);
}

Result<> set_key(SourceUri& uri, std::string_view key, std::string_view value, const Keys& keys) {
  const auto known = std::find_if(keys.begin(), keys.end(), [&](const Key& one) { return key == one.name; });
  if (known != keys.end()) return known->set(uri, value);
  // What is none of ours may be a control: which there are is known when the camera opens.
  auto control = parse_control(key, value);
  if (uri.kind != SourceKind::v4l2 || !control) return unknown_key(key, uri.kind, keys);
  if (uri.controls.size() == controls_max) return fail("too many controls", "set at most 32");
  uri.controls.push_back(std::move(*control));
  return {};
}

/// `%20` is a blank, as in any URL; a `%` that no two hex digits follow stands for itself.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2 && value != 0;
    out += escape ? static_cast<char>(value) : text[i];
    if (escape) i += 2;
  }
  return out;
}

/// Cuts the first `key=value` off.
std::string_view take_pair(std::string_view& query) {
  const auto end = std::min(query.find('&'), query.size());
  const std::string_view pair = query.substr(0, end);
  query.remove_prefix(std::min(end + 1, query.size()));
  return pair;
}

Result<> set_query(SourceUri& uri, std::string_view query) {
  const Keys keys = keys_of(uri.kind);
  std::vector<std::string_view> seen;
  while (!query.empty()) {
    const std::string_view pair = take_pair(query);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return fail(quoted(pair) + " has no value", "write it like size=1280x720");
    const std::string_view key = pair.substr(0, equals);
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      return fail(quoted(key) + " is given twice", "keep one of them");
    seen.push_back(key);
    if (auto set = set_key(uri, key, unescaped(pair.substr(equals + 1)), keys); !set) return set;
  }
  return {};
}

/// Target and settings on the two sides of `mark`.
Result<> split_at(SourceUri& uri, std::string_view rest, char mark) {
  const auto at = std::min(rest.find(mark), rest.size());
  uri.target = rest.substr(0, at);
  return set_query(uri, rest.substr(std::min(at + 1, rest.size())));
}

/// A path or launch text may hold a `#` of its own: what follows the last one are settings when it begins like one.
Result<> split_at_last_hash(SourceUri& uri, std::string_view rest) {
  uri.target = rest;
  const auto at = rest.rfind('#');
  if (at == std::string_view::npos) return {};
  const std::string_view query = rest.substr(at + 1);
  const Keys keys = keys_of(uri.kind);
  const bool ours = std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
    return query.starts_with(key.name) && query.substr(std::string_view(key.name).size()).starts_with('=');
  });
  if (!ours) return {};
  uri.target = rest.substr(0, at);
  return set_query(uri, query);
}

/// `//user:password@host/path`: user and password are taken out.
Result<> take_login(SourceUri& uri, std::string_view text) {
  const std::string_view rest = std::string_view(uri.target);
  if (!rest.starts_with("//"))
    return fail("the address behind " + std::string(text.substr(0, text.find(':') + 1)) + " names no host",
                "write rtsp://HOST/PATH or rtsp://USER:PASSWORD@HOST/PATH");
  const auto slash = std::min(rest.find('/', 2), rest.size());
  const auto at = rest.substr(0, slash).rfind('@');
  const auto host = at == std::string_view::npos ? 2 : at + 1;
  const auto port = rest[std::min(host, rest.size() - 1)] == '[' ? rest.find("]:", host) : rest.find(':', host);
  const bool has_port = port < slash;
  const auto port_text = has_port ? rest.substr(rest.find(':', port) + 1, slash - rest.find(':', port) - 1) : "";
  if (host >= slash || port == host || (has_port && !whole_number<std::uint16_t>(port_text)))
    return fail("the address behind " + std::string(text.substr(0, text.find(':') + 1)) + " names no host",
                "write rtsp://HOST/PATH or rtsp://USER:PASSWORD@HOST/PATH");
  if (at != std::string_view::npos) {
    const std::string_view login = rest.substr(2, at - 2);
    const auto colon = std::min(login.find(':'), login.size());
    uri.rtsp.user = unescaped(login.substr(0, colon));
    uri.rtsp.password = unescaped(login.substr(std::min(colon + 1, login.size())));
  }
  uri.target = std::string(text.substr(0, text.find(':') + 1)) + "//" + std::string(rest.substr(host));
  return {};
}

Result<> read_v4l2(SourceUri& uri, std::string_view text, std::string_view rest) {
  if (auto read = split_at(uri, rest, '?'); !read) return read;
  if (!uri.target.empty() && !uri.target.starts_with("/dev/"))
    return fail(quoted(text) + " names no device", "write v4l2:/dev/video0, or a path under /dev/v4l/by-id/");
  if (!uri.target.empty() && !uri.card.empty())
    return fail(quoted(text) + " names a device and a card", "keep one of them");
  return {};
}

Result<> read_argus(SourceUri& uri, std::string_view rest) {
  if (auto read = split_at(uri, rest, '?'); !read) return read;
  if (uri.target.empty()) uri.target = "0";
  const auto number = whole_number<int>(uri.target);
  if (!number || *number < 0 || *number > 63)
    return fail(quoted(uri.target) + " is not a sensor's number", "write argus:0 for the first camera");
  return {};
}

Result<> read_test(SourceUri& uri, std::string_view rest) {
  if (auto read = split_at(uri, rest, '?'); !read) return read;
  if (!uri.target.empty())
    return fail(quoted(uri.target) + " after test: means nothing",
                "write test: or test:?size=1280x720&fps=30&pattern=rover");
  return {};
}

Result<> read_file(SourceUri& uri, std::string_view text, std::string_view rest) {
  while (rest.starts_with("//")) rest.remove_prefix(1);  // file:///home is written too, and is one path with file:/home
  if (auto read = split_at_last_hash(uri, rest); !read) return read;
  if (!uri.target.starts_with('/')) return fail(quoted(text) + " names no whole path", "write file:/home/me/drive.mp4");
  return {};
}

Result<> read_gst(SourceUri& uri, std::string_view rest) {
  if (auto read = split_at_last_hash(uri, rest); !read) return read;
  if (uri.target.find_first_not_of(' ') == std::string_view::npos)
    return fail("gst: is empty", "write a launch text that ends in raw or H.264, like gst:videotestsrc is-live=true");
  return {};
}

Result<> read_rtsp(SourceUri& uri, std::string_view text, std::string_view rest) {
  const std::string_view settings = rest.substr(std::min(rest.find('#') + 1, rest.size()));
  const bool of_password = rest.find('#') != std::string_view::npos && (settings.find('@') != std::string_view::npos ||
                                                                        settings.find('=') == std::string_view::npos);
  if (of_password)
    return fail("what stands behind # is no setting", "write it like #transport=udp, and a # of a password as %23");
  if (auto read = split_at(uri, rest, '#'); !read) return read;
  return take_login(uri, text);
}

Result<> read_rest(SourceUri& uri, std::string_view text, std::string_view rest) {
  switch (uri.kind) {
    case SourceKind::test: return read_test(uri, rest);
    case SourceKind::v4l2: return read_v4l2(uri, text, rest);
    case SourceKind::file: return read_file(uri, text, rest);
    case SourceKind::libcamera: return split_at(uri, rest, '?');
    case SourceKind::argus: return read_argus(uri, rest);
    case SourceKind::gst: return read_gst(uri, rest);
    case SourceKind::rtsp: break;
  }
  return read_rtsp(uri, text, rest);
}

/// What parse_source_uri would cut at, written so that it does not.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("%&#@:/?'").find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += code;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> settings_of(const SourceUri& uri) {
  std::vector<std::pair<std::string, std::string>> list;
  const SourceUri normal;
  if (!uri.card.empty()) list.emplace_back("card", escaped(uri.card));
  if (uri.size) list.emplace_back("size", uri.size->text());
  if (uri.fps) list.emplace_back("fps", uri.fps->text());
  if (uri.format != normal.format) list.emplace_back("format", uri.format);
  if (uri.capture) list.emplace_back("capture", uri.capture->text());
  if (uri.turn.crop) list.emplace_back("crop", uri.turn.crop->text());
  if (uri.turn.rotate != Rotate::none) list.emplace_back("rotate", std::to_string(static_cast<int>(uri.turn.rotate)));
  if (uri.turn.flip != Flip::none) list.emplace_back("flip", to_string(uri.turn.flip));
  if (uri.pattern != normal.pattern) list.emplace_back("pattern", to_string(uri.pattern));
  if (uri.rtsp.transport != normal.rtsp.transport) list.emplace_back("transport", to_string(uri.rtsp.transport));
  if (uri.rtsp.codec != normal.rtsp.codec) list.emplace_back("codec", to_string(uri.rtsp.codec));
  if (uri.rtsp.latency != normal.rtsp.latency)
    list.emplace_back("latency", std::to_string(uri.rtsp.latency.count()) + "ms");
  if (uri.passthrough != normal.passthrough) list.emplace_back("passthrough", to_string(uri.passthrough));
  for (const auto& control : uri.controls) list.emplace_back(control.name, std::to_string(control.value));
  return list;
}

}  // namespace

const char* to_string(SourceKind kind) {
  switch (kind) {
    case SourceKind::test: return "test";
    case SourceKind::v4l2: return "v4l2";
    case SourceKind::file: return "file";
    case SourceKind::rtsp: return "rtsp";
    case SourceKind::libcamera: return "libcamera";
    case SourceKind::argus: return "argus";
    case SourceKind::gst: return "gst";
  }
  return "test";
}

const char* to_string(TestPattern pattern) { return pattern == TestPattern::plain ? "plain" : "rover"; }
const char* to_string(RtspTransport transport) { return transport == RtspTransport::udp ? "udp" : "tcp"; }

const char* to_string(RtspCodec codec) {
  switch (codec) {
    case RtspCodec::h264: return "h264";
    case RtspCodec::h265: return "h265";
    case RtspCodec::jpeg: return "jpeg";
  }
  return "h264";
}

const char* to_string(Passthrough passthrough) {
  switch (passthrough) {
    case Passthrough::automatic: return "auto";
    case Passthrough::always: return "always";
    case Passthrough::never: return "never";
  }
  return "auto";
}

Result<> check_crop(const SourceUri& uri) {
  const auto& crop = uri.turn.crop;
  if (!crop) return {};
  if (!uri.capture)
    return fail("crop needs the size of the camera's own picture", "add it to the source, like capture=1280x720");
  if (crop->left + crop->size.width <= uri.capture->width && crop->top + crop->size.height <= uri.capture->height)
    return {};
  return fail("crop " + crop->text() + " reaches out of the camera's " + uri.capture->text(),
              "lower it: LEFT + WIDTH and TOP + HEIGHT are at most the size given as capture");
}

Result<Passthrough> parse_passthrough(std::string_view text) {
  Passthrough read{};
  if (auto set = set_word(read, "passthrough", text, {Passthrough::automatic, Passthrough::always, Passthrough::never});
      !set)
    return tl::unexpected(set.error());
  return read;
}

bool may_pass_through(const SourceUri& uri) {
  if (uri.kind == SourceKind::v4l2) return uri.format == "auto" || uri.format == "h264" || uri.format == "H264";
  return uri.kind == SourceKind::gst || (uri.kind == SourceKind::rtsp && uri.rtsp.codec == RtspCodec::h264);
}

Result<ControlSetting> parse_control(std::string_view name, std::string_view value) {
  const auto number = whole_number<std::int64_t>(value);
  if (!is_control_name(name))
    return fail(quoted(name) + " is not the name of a control", "write it as `v4l2-ctl --list-ctrls` does");
  if (!number) return fail(quoted(value) + " is not a whole number", "write it like brightness: 20");
  return ControlSetting{std::string(name), *number};
}

Result<SourceUri> parse_source_uri(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view scheme = text.substr(0, std::min(colon, text.size()));
  const auto row =
      std::find_if(std::begin(schemes), std::end(schemes), [&](const Scheme& s) { return scheme == s.name; });
  if (colon == std::string_view::npos || row == std::end(schemes)) return unknown_scheme(text, scheme);
  SourceUri uri;
  uri.kind = row->kind;
  if (auto read = read_rest(uri, text, text.substr(colon + 1)); !read) return tl::unexpected(read.error());
  if (auto fits = check_crop(uri); !fits) return tl::unexpected(fits.error());
  return uri;
}

std::string source_text(const SourceUri& uri) {
  const bool behind_hash = uri.kind == SourceKind::rtsp || uri.kind == SourceKind::file || uri.kind == SourceKind::gst;
  std::string text = uri.kind == SourceKind::rtsp ? uri.target : to_string(uri.kind) + (":" + uri.target);
  if (!uri.rtsp.user.empty() || !uri.rtsp.password.empty())
    text.insert(text.find("//") + 2, escaped(uri.rtsp.user) + (uri.rtsp.password.empty() ? "" : ":***") + "@");
  char mark = behind_hash ? '#' : '?';
  for (const auto& [key, value] : settings_of(uri)) {
    text += mark;
    text += key;
    text += '=';
    text += value;
    mark = '&';
  }
  // A target that itself ends like settings would be read as them.
  if (mark == '#' && uri.target.find('#') != std::string::npos) text += "#rotate=0";
  return text;
}

std::string without_password(std::string_view text) {
  std::string shown(text);
  for (auto at = shown.find("://"); at != std::string::npos; at = shown.find("://", at + 3)) {
    const auto begin = at + 3;
    const auto end = std::min(shown.find_first_of(" \"'", begin), shown.size());  // a `/` may be of the password
    const auto login = shown.substr(begin, end - begin).rfind('@');
    const auto colon = shown.substr(begin, end - begin).find(':');
    if (login == std::string::npos || colon == std::string::npos || colon > login) continue;
    shown.replace(begin + colon + 1, login - colon - 1, "***");
  }
  return shown;
}

}  // namespace bigfoot::media
