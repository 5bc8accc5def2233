#pragma once
// A loop whose time a test moves by hand.

#include <deque>
#include <memory>

#include "base/loop.hpp"
#include "base/timers.hpp"

namespace bigfoot {

class FakeLoop final : public Loop {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  Subscription after(Nanos delay, Task task) override { return add(delay, Nanos{0}, std::move(task)); }
  Subscription every(Nanos period, Task task) override { return add(period, period, std::move(task)); }
  Subscription watch(int, Io, Task) override {
    return Subscription([] {});
  }
  const Clock& clock() const override { return clock_; }

  /// Runs what is posted, without moving time.
  void run_posted() {
    while (!tasks_.empty()) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  /// Moves time forward, stopping at every timer on the way.
  void advance(Nanos by) {
    const Timestamp end = clock_.now() + by;
    run_posted();
    for (auto due = timers_->next_due(); due && *due <= end; due = timers_->next_due()) {
      if (*due > clock_.now()) clock_.advance(*due - clock_.now());
      timers_->run_due(clock_.now());
      ++wakeups_;
      run_posted();
    }
    clock_.advance(end - clock_.now());
  }
  FakeClock& fake_clock() { return clock_; }
  std::size_t timers() const { return timers_->size(); }
  /// How often a real loop would have woken up for its timers.
  std::size_t wakeups() const { return wakeups_; }

 private:
  Subscription add(Nanos delay, Nanos period, Task task) {
    const auto id = timers_->add(clock_.now() + delay, period, std::move(task));
    return Subscription([weak = std::weak_ptr(timers_), id] {
      if (auto timers = weak.lock()) timers->cancel(id);
    });
  }
  FakeClock clock_;
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::deque<Task> tasks_;
  std::size_t wakeups_ = 0;
};

}  // namespace bigfoot
