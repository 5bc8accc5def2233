#pragma once
// Between the sockets and the rooms: text becomes messages, decisions become deliveries, and what a connection may send
// is bounded here. A viewer over WHEP is a peer like every other, without a socket.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "server/options.hpp"
#include "server/rooms.hpp"
#include "server/token_bucket.hpp"
#include "server/viewer_delays.hpp"
#include "server/websocket.hpp"
#include "telemetry/metrics.hpp"

namespace bigfoot::server {

/// Where a peer's messages go.
class PeerLink {
 public:
  virtual ~PeerLink() = default;
  virtual void deliver(const protocol::FromServer& message) = 0;
  virtual void close(std::uint16_t code, const std::string& reason) = 0;
  virtual bool busy() const = 0;
  /// The robot's word on what configure() asked.
  virtual void on_configured(const protocol::Configured&) {}
};

/// Loop thread.
class Signaling {
 public:
  Signaling(Loop& loop, Rooms rooms, const Limits& limits, telemetry::Metrics& metrics, Log log);
  ~Signaling();

  /// The other half of a WebSocket that has just opened.
  std::unique_ptr<WebSocketEvents> accept(const std::shared_ptr<WebSocket>& socket, const std::string& remote);

  /// A peer without a socket; the link is borrowed until detach().
  std::string attach_virtual(PeerLink& link);
  void say(const std::string& peer, const protocol::FromPeer& message);
  void detach(const std::string& peer);
  /// Rooms::configure.
  void configure(const std::string& peer, const std::string& robot, std::string camera,
                 std::vector<protocol::Setting> values);

  /// Peers with a socket, and their end one by one (drain).
  std::vector<std::string> sockets() const;
  void close(const std::string& peer, std::uint16_t code, const std::string& reason);

  const Rooms& rooms() const { return rooms_; }
  Now now() const { return {loop_.clock().now(), loop_.clock().wall()}; }

 private:
  class Socket;
  struct Member {
    PeerLink* link;
    TokenBucket rate;
    bool has_socket = false;
    int errors_in_a_row = 0;
  };

  std::string attach(PeerLink& link, bool has_socket);
  void hear(const std::string& peer, std::string_view text);
  void ended(const std::string& peer, SocketEnd end);
  void judge(const std::string& peer, bool good);
  void refuse(const std::string& peer, const protocol::ErrorMessage& error);
  void perform(const Actions& actions);
  void tick();
  void count_roles();

  Loop& loop_;
  Limits limits_;
  Log log_;
  Rooms rooms_;
  ViewerDelays viewer_delays_;
  std::map<std::string, Member> members_;
  telemetry::CounterFamily messages_total_;
  telemetry::CounterFamily errors_total_;
  telemetry::GaugeFamily connections_;
  telemetry::Gauge sessions_;
  Subscription ticking_;
};

}  // namespace bigfoot::server
