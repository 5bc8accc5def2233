#include "robot/metrics_server.hpp"

#include <libsoup/soup.h>

#include "base/check.hpp"

namespace bigfoot::robot {

struct MetricsServer::Impl {
  SoupServer* server = soup_server_new(nullptr, nullptr);
  std::function<std::string()> exposition;

  ~Impl() {
    soup_server_disconnect(server);
    g_object_unref(server);
  }
  void answer(SoupServerMessage* message) const {
    const char* method = soup_server_message_get_method(message);
    if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD) {
      soup_server_message_set_status(message, SOUP_STATUS_METHOD_NOT_ALLOWED, nullptr);
      return;
    }
    const std::string body = exposition();
    soup_server_message_set_status(message, SOUP_STATUS_OK, nullptr);
    soup_server_message_set_response(message, "text/plain; version=0.0.4; charset=utf-8", SOUP_MEMORY_COPY, body.data(),
                                     body.size());
  }
};

MetricsServer::MetricsServer() : impl_(std::make_unique<Impl>()) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const config::ListenAddress& address,
                                                             std::function<std::string()> exposition) {
  GInetAddress* inet = g_inet_address_new_from_string(address.host.c_str());
  BIGFOOT_CHECK(inet != nullptr, "a ListenAddress holds an IP address");
  GSocketAddress* socket_address = g_inet_socket_address_new(inet, address.port);
  std::unique_ptr<MetricsServer> self(new MetricsServer);
  self->impl_->exposition = std::move(exposition);
  const auto trampoline = [](SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer impl) {
    static_cast<Impl*>(impl)->answer(message);
  };
  soup_server_add_handler(self->impl_->server, "/metrics", trampoline, self->impl_.get(), nullptr);
  GError* error = nullptr;
  const bool listening = soup_server_listen(self->impl_->server, socket_address, SoupServerListenOptions(0), &error);
  g_object_unref(socket_address);
  g_object_unref(inet);
  if (listening) return self;
  const std::string why = error != nullptr ? error->message : "unknown";
  g_clear_error(&error);
  return fail("cannot listen at " + config::to_string(address) + ": " + why, "choose another --metrics ADDR:PORT");
}

}  // namespace bigfoot::robot
