#include "robot/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "base/check.hpp"

namespace bigfoot::robot {
namespace {

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_end_signals() {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

EndSignals::EndSignals(Loop& loop, std::function<void()> on_end) {
  const sigset_t set = end_signals();
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  BIGFOOT_CHECK(fd_ >= 0, "no descriptor for signals");
  watch_ = loop.watch(fd_, Io::readable, [this, on_end = std::move(on_end)] {
    signalfd_siginfo info{};
    if (read(fd_, &info, sizeof info) != sizeof info) return;
    const sigset_t both = end_signals();
    pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
    on_end();
  });
}

EndSignals::~EndSignals() {
  watch_.reset();
  close(fd_);
}

}  // namespace bigfoot::robot
