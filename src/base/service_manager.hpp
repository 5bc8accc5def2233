#pragma once

#include "base/loop.hpp"

namespace bigfoot {

/// What systemd is told (sd_notify(3)): that the program is ready, that its loop still turns, that it ends. The
/// watchdog is fed by a timer of the loop and by nothing else, so a loop that hangs is noticed. Without systemd
/// (NOTIFY_SOCKET, WATCHDOG_USEC) nothing is done. It never waits: where nobody reads for the moment, both are said
/// again soon. Loop thread.
class ServiceManager {
 public:
  /// Feeds the watchdog from now on, twice in its time, where systemd has asked for that.
  explicit ServiceManager(Loop& loop);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  /// The program does what it is there for: what waits for the unit may go on.
  void ready();
  /// It ends by itself now. The watchdog is fed as long as the loop turns; what is freed after that must take less than
  /// its time.
  void stopping();

 private:
  void feed();

  Loop& loop_;
  const Nanos period_;  ///< of the watchdog's food; 0: it is not to be fed
  Subscription feeding_, feed_again_, ready_again_;
};

}  // namespace bigfoot
