#include "signaling/url.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <glib.h>

namespace bigfoot::signaling {
namespace {

struct UriUnref {
  void operator()(GUri* uri) const { g_uri_unref(uri); }
};

using Uri = std::unique_ptr<GUri, UriUnref>;

constexpr const char* whep_example = "write it like https://media.example.org/whep/gate";
constexpr const char* example = "write it like https://fleet.example.org or ws://192.168.1.20:8080";

std::string path_of(const std::string& given, bool is_socket_address) {
  std::string path = given;
  while (path.ends_with('/')) path.pop_back();
  if (is_socket_address) return given.empty() || given == "/" ? "/ws" : given;
  return path.ends_with("/ws") ? path : path + "/ws";
}

// SCHEME_NORMALIZE: a port that is the usual one is the same as none.
constexpr auto uri_flags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE);

std::string written(GUri* uri) {
  gchar* text = g_uri_to_string_partial(uri, G_URI_HIDE_FRAGMENT);
  std::string copy = text;
  g_free(text);
  return copy;
}

/// Empty where GLib 2.74 writes what it reads otherwise or not at all: the zone of an address ("[fe80::1%25eth0]"),
/// escapes in a host.
std::string text_of(GUri* uri, GUriFlags flags) {
  std::string text = written(uri);
  const Uri again(g_uri_parse(text.c_str(), flags, nullptr));
  return again && written(again.get()) == text ? text : std::string();
}

struct Wanted {
  const char* what;
  const char* leads_to;
  const char* example;
  std::vector<std::string_view> schemes;
};

Result<Uri> read_uri(std::string_view text, const Wanted& wanted) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  const std::string no = quoted + " is not " + wanted.what;
  if (text.find("://") == std::string_view::npos) return fail(no, wanted.example);
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; }))
    return fail(quoted + " holds a space", wanted.example);
  GError* error = nullptr;
  Uri uri(g_uri_parse(std::string(text).c_str(), G_URI_FLAGS_ENCODED, &error));
  if (!uri) {
    const std::string why = error->message;
    g_error_free(error);
    return fail(no + ": " + why, wanted.example);
  }
  const std::string_view scheme = g_uri_get_scheme(uri.get());
  if (std::find(wanted.schemes.begin(), wanted.schemes.end(), scheme) == wanted.schemes.end())
    return fail(quoted + ": " + std::string(scheme) + ":// leads to " + wanted.leads_to, wanted.example);
  if (g_uri_get_userinfo(uri.get()))
    return fail("the server's address holds a user name or password",
                "leave it out: everybody can read a command line");
  if (g_uri_get_fragment(uri.get())) return fail(quoted + " has a part behind #", "leave it out");
  const char* host = g_uri_get_host(uri.get());
  if (!host || !*host) return fail(quoted + " names no host", wanted.example);
  if (g_uri_get_port(uri.get()) == 0) return fail(quoted + " has port 0", wanted.example);
  return uri;
}

}  // namespace

std::string ServerUrl::text() const {
  const bool usual = port == (tls ? 443 : 80);
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (tls ? "wss://" : "ws://") + name + (usual ? "" : ":" + std::to_string(port)) + path;
}

Result<ServerUrl> parse_server_url(std::string_view text) {
  const auto read =
      read_uri(text, {"a server address", "no signaling server", example, {"http", "https", "ws", "wss"}});
  if (!read) return tl::unexpected(read.error());
  GUri* uri = read->get();
  const std::string scheme = g_uri_get_scheme(uri);
  ServerUrl url;
  url.tls = scheme == "wss" || scheme == "https";
  url.host = g_uri_get_host(uri);
  const int port = g_uri_get_port(uri);
  url.port = static_cast<std::uint16_t>(port > 0 ? port : url.tls ? 443 : 80);
  url.path = path_of(g_uri_get_path(uri), scheme == "ws" || scheme == "wss");
  if (const char* query = g_uri_get_query(uri)) url.path += "?" + std::string(query);
  return url;
}

Result<std::string> parse_whep_url(std::string_view text) {
  const auto uri = read_uri(text, {"a WHEP address", "no WHEP server", whep_example, {"http", "https"}});
  if (!uri) return tl::unexpected(uri.error());
  std::string plain = text_of(uri->get(), G_URI_FLAGS_ENCODED);
  if (plain.empty()) return fail("\"" + std::string(text) + "\" has a % in its host", whep_example);
  return plain;
}

Result<std::string> resolve_url(const std::string& base, const std::string& reference) {
  const Uri from(g_uri_parse(base.c_str(), uri_flags, nullptr));
  const Uri to(from ? g_uri_parse_relative(from.get(), reference.c_str(), uri_flags, nullptr) : nullptr);
  const std::string scheme = to ? g_uri_get_scheme(to.get()) : "";
  const bool is_web =
      (scheme == "http" || scheme == "https") && g_uri_get_host(to.get()) && !g_uri_get_userinfo(to.get());
  const std::string text = is_web ? text_of(to.get(), uri_flags) : "";
  if (text.empty()) return fail("the server leads to \"" + reference.substr(0, 200) + "\", which is no web address");
  if (scheme == "http" && base.starts_with("https:"))
    return fail("the server leads from https to http, where everybody can listen");
  return text;
}

bool same_origin(const std::string& a, const std::string& b) {
  const Uri left(g_uri_parse(a.c_str(), uri_flags, nullptr));
  const Uri right(g_uri_parse(b.c_str(), uri_flags, nullptr));
  if (!left || !right || g_uri_get_port(left.get()) != g_uri_get_port(right.get())) return false;
  const auto same = [](const char* one, const char* other) {
    return one && other && g_ascii_strcasecmp(one, other) == 0;
  };
  return same(g_uri_get_scheme(left.get()), g_uri_get_scheme(right.get())) &&
         same(g_uri_get_host(left.get()), g_uri_get_host(right.get()));
}

}  // namespace bigfoot::signaling
