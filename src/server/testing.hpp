#pragma once
// Both ends of the server for this room's tests, without sockets.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/http_message.hpp"

namespace bigfoot::server {

/// The client's end of a request.
struct FakeExchange final : Exchange {
  void respond(HttpResponse r) override { response = std::move(r); }
  void accept_websocket(WebSocketAcceptor) override {}
  void on_gone(std::function<void()> call) override { gone = std::move(call); }
  int status() const { return response ? response->status : 0; }
  std::string header(const char* name) const {
    const std::string* value = response ? response->header(name) : nullptr;
    return value ? *value : "";
  }
  std::optional<HttpResponse> response;
  std::function<void()> gone;
};

/// The robot's end of its WebSocket.
struct FakeRobot final : WebSocket {
  void send(std::string text) override { received.push_back(std::move(text)); }
  void close(std::uint16_t, std::string) override {}
  bool busy() const override { return full; }
  bool full = false;
  std::vector<std::string> received;
};

}  // namespace bigfoot::server
