#pragma once
// One thread for what may hang: state changes, opening devices, trial encodes. Jobs run in order; the loop learns when
// one is done, and when one is overdue. Nothing here waits on the loop thread but the destructor, and that not for
// long.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/loop.hpp"

namespace bigfoot::media {

/// Loop thread.
class Worker {
 public:
  using Job = std::function<void()>;
  /// `what` has passed its deadline and still hangs. Once a job; when the job comes back after all, its `done` runs.
  using Overdue = std::function<void(const std::string& what, Nanos deadline)>;

  Worker(Loop& loop, Overdue on_overdue);
  /// Asks: no `done` and no overdue call comes any more, and run() must not be called. Several workers that are to end
  /// are asked first and destroyed then, so that they are waited for together.
  void end();
  /// Lets the queued jobs finish, waiting at most `patience` from end() on, which it calls; a thread that hangs longer
  /// is left to itself.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// `job` in the worker's thread, then `done` on the loop. The deadline counts from the moment the job begins, or its
  /// last step.
  void run(std::string what, Nanos deadline, Job job, Job done = {});
  /// For a job of several steps, each with the deadline to itself: called in the worker's thread as one begins, with
  /// what it is. May outlive the worker.
  using Step = std::function<void(const std::string& what)>;
  Step step() const;
  /// A job has passed its deadline and still hangs.
  bool stuck() const { return hung() > Nanos{0}; }
  /// For how long past its deadline. While the whole process stands still no driver is to blame: that time counts
  /// neither here nor for the deadline.
  Nanos hung() const;
  /// How long the job under way has had of its deadline, counted in the same way; 0: none is.
  Nanos spent() const;

  static constexpr Nanos patience = 2s;

 private:
  struct Shared;
  void check();
  void look();

  Loop& loop_;
  Overdue on_overdue_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<bool> alive_;
  std::chrono::steady_clock::time_point wait_until_{};
  Subscription timer_;
};

}  // namespace bigfoot::media
