// A wall clock of one program's own, to be set while it runs: preloaded, it adds to the time of day what stands in the
// file that BIGFOOT_WALL_CLOCK names, nanoseconds in 8 bytes. Every other clock is left alone, as when a machine's
// clock is set. libfaketime, which is made for more, also moves absolute timers of the monotonic clock
// (timerfd_settime, 0.9.10).

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// Shared with whoever sets the clock. Without the file: the program was started otherwise than meant.
const volatile std::int64_t& ahead() {
  static const auto* const mapped = [] {
    const char* name = std::getenv("BIGFOOT_WALL_CLOCK");
    const int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void* memory = fd < 0 ? MAP_FAILED : mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) std::abort();
    close(fd);
    return static_cast<const volatile std::int64_t*>(memory);
  }();
  return *mapped;
}

int real_clock_gettime(clockid_t clock, timespec* time) {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
  return real(clock, time);
}

timespec now() {
  timespec time{};
  real_clock_gettime(CLOCK_REALTIME, &time);
  const std::int64_t moved = time.tv_sec * second + time.tv_nsec + ahead();
  return {moved / second, moved % second};
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return real_clock_gettime(clock, time);
  *time = now();
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const timespec told = now();
  *time = {told.tv_sec, told.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* time) noexcept {
  const time_t told = now().tv_sec;
  if (time) *time = told;
  return told;
}
}
