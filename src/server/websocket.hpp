#pragma once
// One WebSocket connection as its users see it: text in, text out, bounded both ways. Boost stays in websocket.cpp.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "protocol/limits.hpp"

namespace bigfoot::server {

/// Why a connection is over; the words are metric labels.
enum class SocketEnd {
  closed,       ///< by either side, or the network ended it
  silent,       ///< nothing heard, pings included
  slow_reader,  ///< its queue was full
  too_large,    ///< a message above the limit
  binary,       ///< only text is spoken here
};
const char* to_string(SocketEnd end);

/// Loop thread.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Queued; a reader too slow for its queue is disconnected with close code 4000. What is being written does not
  /// count, so a message of any size passes an empty queue.
  virtual void send(std::string text) = 0;
  /// More than half of the queue waits: what others would send to it is better refused to them.
  virtual bool busy() const = 0;
  /// After what was sent before; when the peer takes no notice the connection is cut 2 s later. `reason`: at most 123
  /// bytes.
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

class WebSocketEvents {
 public:
  virtual ~WebSocketEvents() = default;
  virtual void on_text(std::string_view text) = 0;
  /// Last call.
  virtual void on_end(SocketEnd end) = 0;
};

/// Makes the other half when the connection is open. The connection owns that half until its on_end(); the half keeps a
/// weak_ptr at most, or both would live for ever.
using WebSocketAcceptor = std::function<std::unique_ptr<WebSocketEvents>(const std::shared_ptr<WebSocket>&)>;

struct WebSocketLimits {
  std::size_t message_bytes = protocol::message_bytes_max;
  std::size_t queue_messages = 512;
  std::size_t queue_bytes = 1024 * 1024;
  Nanos silence = 10s;  ///< pings go out after half of it
};

}  // namespace bigfoot::server
