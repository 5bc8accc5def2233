#pragma once
// A WHEP server on loopback that answers what a test tells it to: libsoup's HTTP server.

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <libsoup/soup.h>

#include "base/check.hpp"
#include "base/gobject.hpp"
#include "signaling/http_call.hpp"

namespace bigfoot::signaling {

/// One request as it came.
struct Asked {
  std::string method, path, body, type, token, if_match;
};

/// One answer.
struct Said {
  unsigned status = 201;
  HttpHeaders headers;
  std::string body;
};

/// Says what it was told to say, in order; then nothing, for ever.
class FakeWhep {
 public:
  FakeWhep() {
    soup_server_add_handler(server_.get(), nullptr, &FakeWhep::trampoline, this, nullptr);
    GError* error = nullptr;
    const bool listens = soup_server_listen_local(server_.get(), 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
    BIGFOOT_CHECK(listens, "no port is free");
    GSList* uris = soup_server_get_uris(server_.get());
    port_ = g_uri_get_port(static_cast<GUri*>(uris->data));
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(&g_uri_unref));
  }
  ~FakeWhep() { soup_server_disconnect(server_.get()); }
  FakeWhep(const FakeWhep&) = delete;
  FakeWhep& operator=(const FakeWhep&) = delete;

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path = "/whep/gate") const { return origin() + path; }
  std::vector<std::string> methods() const {
    std::vector<std::string> all;
    for (const auto& each : asked) all.push_back(each.method);
    return all;
  }

  std::deque<Said> says;
  std::vector<Asked> asked;

 private:
  static std::string text(const char* value) { return value ? value : ""; }
  static void trampoline(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*, gpointer self) {
    static_cast<FakeWhep*>(self)->handle(message, path);
  }
  void handle(SoupServerMessage* message, const char* path) {
    SoupMessageHeaders* headers = soup_server_message_get_request_headers(message);
    const SoupMessageBody* body = soup_server_message_get_request_body(message);
    asked.push_back({soup_server_message_get_method(message), path, std::string(body->data, body->length),
                     text(soup_message_headers_get_content_type(headers, nullptr)),
                     text(soup_message_headers_get_one(headers, "Authorization")),
                     text(soup_message_headers_get_one(headers, "If-Match"))});
    if (says.empty()) return soup_server_message_pause(message);
    const Said said = says.front();
    says.pop_front();
    soup_server_message_set_status(message, said.status, nullptr);
    for (const auto& [name, value] : said.headers)
      soup_message_headers_append(soup_server_message_get_response_headers(message), name.c_str(), value.c_str());
    if (!said.body.empty())
      soup_server_message_set_response(message, said.status == 201 ? "application/sdp" : "text/plain", SOUP_MEMORY_COPY,
                                       said.body.data(), said.body.size());
  }

  GRef<SoupServer> server_ = GRef<SoupServer>::adopt(soup_server_new(nullptr, nullptr));
  int port_ = 0;
};

}  // namespace bigfoot::signaling
