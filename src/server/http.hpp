#pragma once
// The HTTP/1.1 server: accepts, parses within limits and deadlines, hands a request to its handler, writes the answer,
// and gives the socket away when the answer is a WebSocket. Boost.Beast stays in http.cpp.

#include <cstdint>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "config/listen_address.hpp"
#include "server/asio_loop.hpp"
#include "server/http_message.hpp"
#include "telemetry/metrics.hpp"

namespace bigfoot::server {

struct HttpLimits {
  int connections = 4096;
  int connections_per_address = 512;
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 256 * 1024;
  /// From the first waiting byte to the last of the body; also how long an idle connection is kept.
  Nanos request_time = 15s;
  Nanos write_time = 30s;
  WebSocketLimits websocket{};
};

class HttpConnection;

class HttpServer {
 public:
  struct Options {
    std::string name;  ///< for logs and the metric label: "public", "admin"
    config::ListenAddress listen;
    std::string flag;  ///< which setting to change when the address cannot be had
    HttpLimits limits{};
  };
  HttpServer(AsioLoop& loop, Options options, HttpHandler handler, telemetry::Metrics& metrics, const Log& log);
  ~HttpServer();  ///< takes no more connections; those that live go on

  /// Errors: the address is not this machine's, or is taken; they say which flag to change.
  [[nodiscard]] Result<> start();
  /// "127.0.0.1:8080", with the port that was really taken.
  std::string address() const;

 private:
  friend class HttpConnection;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bigfoot::server
