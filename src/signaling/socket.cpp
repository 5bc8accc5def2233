#include "signaling/socket.hpp"

#include <algorithm>
#include <utility>

#include <libsoup/soup.h>

#include "protocol/message.hpp"
#include "signaling/link.hpp"
#include "signaling/net_error.hpp"

namespace bigfoot::signaling {
namespace {

/// Retry-After as a number of seconds (RFC 9110 10.2.3); servers of ours never send the date form.
std::optional<Nanos> retry_after_of(SoupMessage* message) {
  const char* value = soup_message_headers_get_one(soup_message_get_response_headers(message), "Retry-After");
  return value ? read_retry_after("retry-after=" + std::string(value)) : std::nullopt;
}

}  // namespace

struct Socket::Impl {
  /// What libsoup holds while it connects; it calls back even after the Socket is gone.
  struct Attempt {
    Impl* owner;
    GRef<SoupMessage> message;
  };

  Impl(SocketListener& its_listener, Nanos its_ping) : listener(its_listener), ping(its_ping) {}

  SocketListener& listener;
  Nanos ping;
  GRef<GCancellable> cancellable = GRef<GCancellable>::adopt(g_cancellable_new());
  Attempt* attempt = nullptr;  // owned by libsoup until it calls back
  GRef<SoupWebsocketConnection> connection;
  std::string remote;
  std::string error;  // libsoup says why before it says that the connection is closed
  SignalConnection on_message, on_pong, on_error, on_closed;

  void connected(SoupWebsocketConnection* opened, SoupMessage* message) {
    remote = numeric(soup_message_get_remote_address(message));
    connection = GRef<SoupWebsocketConnection>::adopt(opened);
    const auto ping_seconds = std::chrono::duration_cast<Seconds>(ping).count();
    soup_websocket_connection_set_keepalive_interval(opened,
                                                     static_cast<guint>(std::max<std::int64_t>(1, ping_seconds)));
    soup_websocket_connection_set_max_incoming_payload_size(opened, protocol::server_message_bytes_max);
    on_message = SignalConnection(opened, "message", G_CALLBACK(&Impl::message_trampoline), this);
    on_pong = SignalConnection(opened, "pong", G_CALLBACK(&Impl::pong_trampoline), this);
    on_error = SignalConnection(opened, "error", G_CALLBACK(&Impl::error_trampoline), this);
    on_closed = SignalConnection(opened, "closed", G_CALLBACK(&Impl::closed_trampoline), this);
    listener.on_open();
  }
  void failed(const GError& why, SoupMessage* message) {
    const guint status = soup_message_get_status(message);
    if (status == SOUP_STATUS_NONE || status == SOUP_STATUS_SWITCHING_PROTOCOLS)
      return listener.on_lost(in_words(why), 0, std::nullopt);
    const char* phrase = soup_status_get_phrase(status);
    listener.on_lost("the server answered " + std::to_string(status) + " " + phrase, 0, retry_after_of(message));
  }
  void closed() {
    const std::uint16_t code = soup_websocket_connection_get_close_code(connection.get());
    const char* data = soup_websocket_connection_get_close_data(connection.get());
    const std::string reason = data ? data : "";
    const bool named = code >= 1000 && code != SOUP_WEBSOCKET_CLOSE_NO_STATUS && code != SOUP_WEBSOCKET_CLOSE_ABNORMAL;
    listener.on_lost(named ? close_in_words(code, reason) : close_in_words(0, error), named ? code : std::uint16_t{0},
                     read_retry_after(reason));
  }

  // After each call of the listener `self` may be gone.
  static void connect_trampoline(GObject* session, GAsyncResult* result, gpointer user) {
    const std::unique_ptr<Attempt> attempt(static_cast<Attempt*>(user));
    GError* error = nullptr;
    SoupWebsocketConnection* opened = soup_session_websocket_connect_finish(SOUP_SESSION(session), result, &error);
    if (attempt->owner) attempt->owner->attempt = nullptr;
    if (opened && attempt->owner)
      attempt->owner->connected(opened, attempt->message.get());
    else if (opened)
      g_object_unref(opened);
    else if (attempt->owner)
      attempt->owner->failed(*error, attempt->message.get());
    g_clear_error(&error);
  }
  static void message_trampoline(SoupWebsocketConnection*, SoupWebsocketDataType type, GBytes* bytes, gpointer self) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    // The protocol is text; bytes of another kind are only a sign of life.
    if (type == SOUP_WEBSOCKET_DATA_TEXT)
      static_cast<Impl*>(self)->listener.on_text(std::string_view(data, size));
    else
      static_cast<Impl*>(self)->listener.on_alive();
  }
  static void pong_trampoline(SoupWebsocketConnection*, GBytes*, gpointer self) {
    static_cast<Impl*>(self)->listener.on_alive();
  }
  static void error_trampoline(SoupWebsocketConnection*, GError* error, gpointer self) {
    static_cast<Impl*>(self)->error = in_words(*error);
  }
  static void closed_trampoline(SoupWebsocketConnection*, gpointer self) { static_cast<Impl*>(self)->closed(); }
};

Socket::Socket(SoupSession* session, const ServerUrl& url, Nanos ping, SocketListener& listener)
    : impl_(std::make_unique<Impl>(listener, ping)) {
  auto attempt = std::make_unique<Impl::Attempt>();
  attempt->owner = impl_.get();
  attempt->message = GRef<SoupMessage>::adopt(soup_message_new(SOUP_METHOD_GET, url.text().c_str()));
  impl_->attempt = attempt.get();
  soup_session_websocket_connect_async(session, attempt->message.get(), nullptr, nullptr, G_PRIORITY_DEFAULT,
                                       impl_->cancellable.get(), &Impl::connect_trampoline, attempt.get());
  static_cast<void>(attempt.release());
}

Socket::~Socket() {
  if (impl_->attempt) impl_->attempt->owner = nullptr;
  g_cancellable_cancel(impl_->cancellable.get());
}

void Socket::send(const std::string& text) {
  if (impl_->connection && soup_websocket_connection_get_state(impl_->connection.get()) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text(impl_->connection.get(), text.c_str());
}

const std::string& Socket::remote() const { return impl_->remote; }

void Socket::close(std::uint16_t code, const std::string& reason) {
  if (impl_->attempt) std::exchange(impl_->attempt, nullptr)->owner = nullptr;
  g_cancellable_cancel(impl_->cancellable.get());
  for (SignalConnection* signal : {&impl_->on_message, &impl_->on_pong, &impl_->on_error, &impl_->on_closed})
    signal->reset();
  if (impl_->connection && soup_websocket_connection_get_state(impl_->connection.get()) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close(impl_->connection.get(), code, reason.c_str());
}

GRef<SoupSession> make_soup_session(const std::string& user_agent) {
  SoupSession* session = soup_session_new_with_options("user-agent", user_agent.c_str(), nullptr);
  soup_session_remove_feature_by_type(session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  return GRef<SoupSession>::adopt(session);
}

bool tls_available() { return g_tls_backend_supports_tls(g_tls_backend_get_default()); }

}  // namespace bigfoot::signaling
