#pragma once
// One attempt at one WebSocket: libsoup on the loop's main context. It lives from the connect to the loss; the next
// attempt is a new Socket, so nothing of an old one can be taken for news.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/gobject.hpp"
#include "signaling/url.hpp"

typedef struct _SoupSession SoupSession;

namespace bigfoot::signaling {

class SocketListener {
 public:
  virtual ~SocketListener() = default;
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  /// A pong.
  virtual void on_alive() = 0;
  /// Not connected, or no longer: in words, with the close code of the server or 0. The last call.
  virtual void on_lost(const std::string& reason, std::uint16_t code, std::optional<Nanos> retry_after) = 0;
};

/// Loop thread only. May be destroyed inside a call of its listener; that is silent.
class Socket {
 public:
  /// Connects at once. `ping`: whole seconds. The session and the listener must outlive it.
  Socket(SoupSession* session, const ServerUrl& url, Nanos ping, SocketListener& listener);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// After on_open.
  void send(const std::string& text);
  /// Who is at the other end, as a numeric address; empty before on_open.
  const std::string& remote() const;
  /// Sends what is queued and a close, in the background for as long as the Socket lives. Its listener hears no more.
  void close(std::uint16_t code, const std::string& reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The HTTP side that all sockets of a client share. No compression: a server could make a small message huge.
GRef<SoupSession> make_soup_session(const std::string& user_agent);
/// Whether wss can work at all: glib-networking is a package of its own.
bool tls_available();

}  // namespace bigfoot::signaling
