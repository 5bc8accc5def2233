#include "base/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>

namespace bigfoot {
namespace {

/// Half of what systemd waits, as sd_watchdog_enabled(3) advises; nothing: it asked for no sign of life.
Nanos feeding_period() {
  std::uint64_t wait_us = 0;
  if (sd_watchdog_enabled(0, &wait_us) <= 0) return Nanos{0};
  return std::max(Nanos{1}, Nanos(std::chrono::microseconds(wait_us)) / 2);
}

// A service manager that does not listen is not ours to mend.
void tell(const char* state) { sd_notify(0, state); }

}  // namespace

ServiceManager::ServiceManager(Loop& loop) {
  if (const Nanos period = feeding_period(); period > Nanos{0})
    feeding_ = loop.every(period, [] { tell("WATCHDOG=1"); });
}

void ServiceManager::ready() { tell("READY=1"); }
void ServiceManager::stopping() { tell("STOPPING=1"); }

}  // namespace bigfoot
