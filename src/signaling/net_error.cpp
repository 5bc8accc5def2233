#include "signaling/net_error.hpp"

#include <gio/gio.h>

namespace bigfoot::signaling {

std::string in_words(const GError& error) {
  if (error.domain == G_RESOLVER_ERROR) return "host name not found";
  if (error.domain == G_TLS_ERROR) return std::string("TLS: ") + error.message;
  if (error.domain != G_IO_ERROR) return error.message;
  switch (error.code) {
    case G_IO_ERROR_CONNECTION_REFUSED: return "connection refused";
    case G_IO_ERROR_HOST_UNREACHABLE: return "host unreachable";
    case G_IO_ERROR_NETWORK_UNREACHABLE: return "network unreachable";
    case G_IO_ERROR_TIMED_OUT: return "no answer";
    case G_IO_ERROR_CONNECTION_CLOSED:  // the same number as BROKEN_PIPE
    case G_IO_ERROR_PARTIAL_INPUT: return "connection lost";
    default: return error.message;
  }
}

std::string numeric(GSocketAddress* address) {
  if (!G_IS_INET_SOCKET_ADDRESS(address)) return {};
  gchar* text = g_inet_address_to_string(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
  std::string copy = text;
  g_free(text);
  return copy;
}

}  // namespace bigfoot::signaling
