#pragma once

#include <functional>

#include "base/loop.hpp"

namespace bigfoot::robot {

/// Keeps SIGINT and SIGTERM for EndSignals. Call before any thread is started: they inherit the mask.
void block_end_signals();

/// SIGINT and SIGTERM as an event of the loop, once; a second one ends the process as the system would.
class EndSignals {
 public:
  EndSignals(Loop& loop, std::function<void()> on_end);
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

 private:
  int fd_;
  Subscription watch_;
};

}  // namespace bigfoot::robot
