#pragma once
// Time that this process spent on a processor, in all its threads: unlike the wall clock it does not grow when other
// programs are busy.

#include <ctime>

#include "base/clock.hpp"

namespace bigfoot::media {

inline Nanos process_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return Seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

}  // namespace bigfoot::media
