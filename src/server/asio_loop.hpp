#pragma once
// Loop on Boost.Asio, for the program without GLib sockets. Boost itself stays in asio_loop.cpp, http.cpp and
// websocket.cpp: each such file costs tens of seconds to compile.

#include <memory>

#include "base/loop.hpp"

namespace boost::asio {
class io_context;
}

namespace bigfoot::server {

/// Construct, run and destroy on one thread. post() and stop() from any thread.
class AsioLoop final : public Loop {
 public:
  AsioLoop();
  ~AsioLoop() override;
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  /// Returns after stop().
  void run();
  void stop();

  void post(Task task) override;
  Subscription after(Nanos delay, Task task) override;
  Subscription every(Nanos period, Task task) override;
  Subscription watch(int fd, Io io, Task task) override;
  const Clock& clock() const override;
  boost::asio::io_context& context();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bigfoot::server
