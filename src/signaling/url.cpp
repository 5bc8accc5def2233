#include "signaling/url.hpp"

#include <algorithm>
#include <memory>

#include <glib.h>

namespace bigfoot::signaling {
namespace {

struct UriUnref {
  void operator()(GUri* uri) const { g_uri_unref(uri); }
};

constexpr const char* example = "write it like https://fleet.example.org or ws://192.168.1.20:8080";

std::string path_of(const std::string& given, bool is_socket_address) {
  std::string path = given;
  while (path.ends_with('/')) path.pop_back();
  if (is_socket_address) return given.empty() || given == "/" ? "/ws" : given;
  return path.ends_with("/ws") ? path : path + "/ws";
}

}  // namespace

std::string ServerUrl::text() const {
  const bool usual = port == (tls ? 443 : 80);
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (tls ? "wss://" : "ws://") + name + (usual ? "" : ":" + std::to_string(port)) + path;
}

Result<ServerUrl> parse_server_url(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  if (text.find("://") == std::string_view::npos) return fail(quoted + " is not a server address", example);
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; }))
    return fail(quoted + " holds a space", example);
  GError* error = nullptr;
  const std::unique_ptr<GUri, UriUnref> uri(g_uri_parse(std::string(text).c_str(), G_URI_FLAGS_ENCODED, &error));
  if (!uri) {
    const std::string why = error->message;
    g_error_free(error);
    return fail(quoted + " is not a server address: " + why, example);
  }
  const std::string scheme = g_uri_get_scheme(uri.get());
  const bool is_socket_address = scheme == "ws" || scheme == "wss";
  if (!is_socket_address && scheme != "http" && scheme != "https")
    return fail(quoted + ": " + scheme + ":// leads to no signaling server", example);
  if (g_uri_get_userinfo(uri.get()))
    return fail("the server's address holds a user name or password",
                "leave it out: everybody can read a command line");
  if (g_uri_get_fragment(uri.get())) return fail(quoted + " has a part behind #", "leave it out");
  ServerUrl url;
  url.tls = scheme == "wss" || scheme == "https";
  url.host = g_uri_get_host(uri.get()) ? g_uri_get_host(uri.get()) : "";
  if (url.host.empty()) return fail(quoted + " names no host", example);
  const int port = g_uri_get_port(uri.get());
  if (port == 0) return fail(quoted + " has port 0", example);
  url.port = static_cast<std::uint16_t>(port > 0 ? port : url.tls ? 443 : 80);
  url.path = path_of(g_uri_get_path(uri.get()), is_socket_address);
  if (const char* query = g_uri_get_query(uri.get())) url.path += "?" + std::string(query);
  return url;
}

}  // namespace bigfoot::signaling
