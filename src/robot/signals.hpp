#pragma once

#include <functional>

#include "base/loop.hpp"

namespace bigfoot::robot {

/// Keeps SIGINT, SIGTERM and SIGHUP for Signals. Call before any thread is started: they inherit the mask.
void block_signals();

/// Signals as events of the loop: SIGINT and SIGTERM once, a second one ends the process as the system would; SIGHUP
/// each time.
class Signals {
 public:
  Signals(Loop& loop, std::function<void()> on_end, std::function<void()> on_hangup);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void take(const std::function<void()>& on_end, const std::function<void()>& on_hangup) const;

  int fd_;
  Subscription watch_;
};

}  // namespace bigfoot::robot
