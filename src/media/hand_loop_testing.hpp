#pragma once
// For tests of what has threads of its own: a loop whose time a test moves by hand and that other threads may post to.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "base/loop.hpp"
#include "base/timers.hpp"

namespace bigfoot::media {

class HandLoop final : public Loop {
 public:
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_all();
  }
  Subscription after(Nanos delay, Task task) override { return add(delay, Nanos{0}, std::move(task)); }
  Subscription every(Nanos period, Task task) override { return add(period, period, std::move(task)); }
  Subscription watch(int, Io, Task) override {
    return Subscription([] {});
  }
  const Clock& clock() const override { return clock_; }

  /// Runs what other threads post until `done`, for at most 20 s of real time; ours stands still.
  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (true) {
      run_posted();
      if (done()) return true;
      std::unique_lock lock(mutex_);
      if (!posted_.wait_until(lock, std::min(end, std::chrono::steady_clock::now() + 5ms),
                              [this] { return !tasks_.empty(); }) &&
          std::chrono::steady_clock::now() >= end)
        return false;
    }
  }
  /// Moves time forward, stopping at every timer on the way.
  void advance(Nanos by) {
    const Timestamp end = clock_.now() + by;
    run_posted();
    for (auto due = timers_->next_due(); due && *due <= end; due = timers_->next_due()) {
      clock_.set(std::max(*due, clock_.now()));
      timers_->run_due(clock_.now());
      run_posted();
    }
    clock_.set(end);
  }
  /// The whole process does, as while it is suspended: no timer runs.
  void stand_still(Nanos by) { clock_.set(clock_.now() + by); }

 private:
  class HandClock final : public Clock {
   public:
    Timestamp now() const override { return Timestamp(Nanos(now_)); }
    WallTime wall() const override { return WallTime(Nanos(now_)); }
    void set(Timestamp now) { now_ = now.time_since_epoch().count(); }

   private:
    std::atomic<std::int64_t> now_ = Nanos(std::chrono::hours(1)).count();
  };

  void run_posted() {
    std::unique_lock lock(mutex_);
    while (!tasks_.empty()) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }
  Subscription add(Nanos delay, Nanos period, Task task) {
    const auto id = timers_->add(clock_.now() + delay, period, std::move(task));
    return Subscription([weak = std::weak_ptr(timers_), id] {
      if (auto timers = weak.lock()) timers->cancel(id);
    });
  }

  HandClock clock_;
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
};

}  // namespace bigfoot::media
