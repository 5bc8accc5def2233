#include "base/line_writer.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>

#include "base/write_all.hpp"

namespace bigfoot {
namespace {

/// A closed pipe is an error here, and no signal that ends the process.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

/// Of the writer and its thread, which may outlive it.
struct LineWriter::Shared {
  Shared(int descriptor, Options wanted) : fd(descriptor), options(std::move(wanted)) {}

  void run() {
    block_sigpipe();
    for (std::unique_lock lock(mutex);;) {
      news.wait(lock, [this] { return !lines.empty() || ending; });
      if (lines.empty()) break;
      const std::string line = std::move(lines.front());
      lines.pop_front();
      lock.unlock();
      const bool written = write_all(fd, line);
      lock.lock();
      if (written) continue;
      closed = true;
      lines.clear();
      const auto tell = ending ? nullptr : std::exchange(options.on_closed, nullptr);
      // Under the lock: the destructor, and so whatever `tell` calls, waits for it.
      if (tell) tell();
      break;
    }
    const std::lock_guard lock(mutex);
    done = true;
    news.notify_all();
  }

  const int fd;
  Options options;
  mutable std::mutex mutex;
  std::condition_variable news;
  std::deque<std::string> lines;
  std::uint64_t dropped = 0;
  bool ending = false, closed = false, done = false;
};

LineWriter::LineWriter(int fd, Options options) : shared_(std::make_shared<Shared>(fd, std::move(options))) {
  std::thread([shared = shared_] { shared->run(); }).detach();
}

LineWriter::~LineWriter() {
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->news.notify_all();
  shared_->news.wait_for(lock, shared_->options.patience, [this] { return shared_->done; });
}

void LineWriter::put(std::string line) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->closed) return;
  line += '\n';
  shared_->lines.push_back(std::move(line));
  if (shared_->lines.size() > shared_->options.lines_max) {
    shared_->lines.pop_front();
    ++shared_->dropped;
  }
  shared_->news.notify_all();
}

std::uint64_t LineWriter::dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace bigfoot
