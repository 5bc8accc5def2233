#include "media/worker.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace bigfoot::media {
namespace {
constexpr Nanos check_period = 100ms;
constexpr Nanos pause_at_least = 300ms;  // between two looks: the loop, and most likely the process, stood still
}  // namespace

struct Worker::Shared {
  struct Entry {
    std::string what;
    Nanos deadline{};
    Job job;
    std::function<void()> finished;  ///< posts `done`; empty when nobody waits
  };
  struct Running {
    std::string what;
    Nanos deadline{};
    Timestamp since{};
    Nanos paused_before{};
    bool reported = false;
  };
  /// How long the job under way has had, without what the process stood still. Locked.
  Nanos spent() const {
    const Nanos unseen = clock.now() - looked_at;
    return clock.now() - running->since - (paused - running->paused_before) -
           (unseen > pause_at_least ? unseen : Nanos{0});
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Entry> queue;
  std::optional<Running> running;
  Timestamp looked_at{};
  Nanos paused{0};
  bool quit = false;
  bool ended = false;
  const Clock& clock;  ///< the loop's: not touched any more once `quit`
  std::thread thread;

  explicit Shared(const Clock& the_clock) : clock(the_clock) {}

  void begin_step(const std::string& what) {
    const std::lock_guard lock(mutex);
    if (!running || quit) return;
    *running = {what, running->deadline, clock.now(), paused};
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return quit || !queue.empty(); });
      if (queue.empty()) break;
      Entry entry = std::move(queue.front());
      queue.pop_front();
      running = Running{entry.what, entry.deadline, quit ? Timestamp{} : clock.now(), paused};
      lock.unlock();
      entry.job();
      entry.job = nullptr;  // what it holds is freed here, not on the loop
      lock.lock();
      running.reset();
      if (!quit && entry.finished) entry.finished();
    }
    ended = true;
    changed.notify_all();
  }
};

Worker::Worker(Loop& loop, Overdue on_overdue)
    : loop_(loop),
      on_overdue_(std::move(on_overdue)),
      shared_(std::make_shared<Shared>(loop.clock())),
      alive_(std::make_shared<bool>(true)) {
  shared_->thread = std::thread([shared = shared_] { shared->work(); });
}

void Worker::end() {
  if (!alive_) return;
  alive_.reset();
  timer_.reset();
  wait_until_ = std::chrono::steady_clock::now() + patience;
  const std::lock_guard lock(shared_->mutex);
  shared_->quit = true;
  shared_->changed.notify_all();
}

Worker::~Worker() {
  end();
  std::unique_lock lock(shared_->mutex);
  const bool ended = shared_->changed.wait_until(lock, wait_until_, [this] { return shared_->ended; });
  lock.unlock();
  if (ended)
    shared_->thread.join();
  else
    shared_->thread.detach();  // it owns all that it needs
}

void Worker::run(std::string what, Nanos deadline, Job job, Job done) {
  std::function<void()> finished;
  if (done)
    finished = [&loop = loop_, alive = std::weak_ptr(alive_), done = std::move(done)] {
      loop.post([alive, done] {
        if (!alive.expired()) done();
      });
    };
  const std::lock_guard lock(shared_->mutex);
  shared_->queue.push_back({std::move(what), deadline, std::move(job), std::move(finished)});
  shared_->changed.notify_all();
  if (timer_) return;
  shared_->looked_at = loop_.now();
  timer_ = loop_.every(check_period, [this] { check(); });
}

/// Locked.
void Worker::look() {
  const Nanos unseen = loop_.now() - std::exchange(shared_->looked_at, loop_.now());
  if (unseen > pause_at_least) shared_->paused += unseen;
}

void Worker::check() {
  std::unique_lock lock(shared_->mutex);
  look();
  auto& running = shared_->running;
  if (!running) {
    if (shared_->queue.empty()) timer_.reset();
    return;
  }
  if (running->reported || shared_->spent() < running->deadline) return;
  running->reported = true;
  const std::string what = running->what;
  const Nanos deadline = running->deadline;
  lock.unlock();
  on_overdue_(what, deadline);
}

Worker::Step Worker::step() const {
  return [shared = shared_](const std::string& what) { shared->begin_step(what); };
}

Nanos Worker::spent() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->running ? shared_->spent() : Nanos{0};
}

Nanos Worker::hung() const {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->running || !shared_->running->reported) return Nanos{0};
  return std::max(shared_->spent() - shared_->running->deadline, Nanos{1});
}

}  // namespace bigfoot::media
