#include "robot/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

#include "base/check.hpp"

namespace bigfoot::robot {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t all() { return set_of({SIGINT, SIGTERM, SIGHUP}); }

}  // namespace

void block_signals() {
  const sigset_t set = all();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Signals::Signals(Loop& loop, std::function<void()> on_end, std::function<void()> on_hangup) {
  const sigset_t set = all();
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  BIGFOOT_CHECK(fd_ >= 0, "no descriptor for signals");
  watch_ = loop.watch(fd_, Io::readable, [this, on_end = std::move(on_end), on_hangup = std::move(on_hangup)] {
    take(on_end, on_hangup);
  });
}

void Signals::take(const std::function<void()>& on_end, const std::function<void()>& on_hangup) const {
  signalfd_siginfo info{};
  if (read(fd_, &info, sizeof info) != sizeof info) return;
  if (info.ssi_signo == SIGHUP) return on_hangup();
  const sigset_t ends = set_of({SIGINT, SIGTERM});
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  on_end();
}

Signals::~Signals() {
  watch_.reset();
  close(fd_);
}

}  // namespace bigfoot::robot
