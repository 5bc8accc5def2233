#pragma once
// An HTTP request and its answer as values, so that what answers knows no socket.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/websocket.hpp"

namespace bigfoot::server {

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;  ///< as sent: methods are case-sensitive
  std::string target;  ///< as sent
  std::vector<Header> headers;
  std::string body;
  std::string remote;      ///< the client's address, for logs
  bool websocket = false;  ///< asks for the upgrade of RFC 6455

  /// The value of the first header of that name (any case); null when there is none.
  const std::string* header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<Header> headers{};
  std::string body{};

  HttpResponse& with(std::string name, std::string value) {
    headers.push_back({std::move(name), std::move(value)});
    return *this;
  }
  const std::string* header(std::string_view name) const;
};

/// Plain text for people; the newline at its end is added.
HttpResponse text_response(int status, std::string text);
HttpResponse json_response(int status, std::string json);
/// 405 with the Allow that RFC 9110 15.5.6 demands.
HttpResponse method_not_allowed(const HttpRequest& request, const std::string& allow);

/// One request under way. Loop thread. An exchange that is dropped unanswered answers 500.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Once; later calls do nothing.
  virtual void respond(HttpResponse response) = 0;
  /// Instead of respond(), for a request with `websocket`.
  virtual void accept_websocket(WebSocketAcceptor acceptor) = 0;
  /// Called when the client hangs up before the answer; never after it.
  virtual void on_gone(std::function<void()> gone) = 0;
};

using HttpHandler = std::function<void(const HttpRequest&, std::shared_ptr<Exchange>)>;

/// "text/html; charset=utf-8" is "text/html": compares without case and parameters.
bool is_media_type(std::string_view content_type, std::string_view media_type);

}  // namespace bigfoot::server
