#pragma once
// The one thread that owns all our state. Foreign threads copy values, post(), and return.

#include <functional>
#include <memory>
#include <utility>

#include "base/clock.hpp"

namespace bigfoot {

/// Cancels its timer or watch when it dies. Movable; loop thread only.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  Subscription(Subscription&& other) noexcept : cancel_(std::exchange(other.cancel_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      reset();
      cancel_ = std::exchange(other.cancel_, nullptr);
    }
    return *this;
  }
  ~Subscription() { reset(); }
  void reset() {
    if (auto cancel = std::exchange(cancel_, nullptr)) cancel();
  }
  explicit operator bool() const { return static_cast<bool>(cancel_); }

 private:
  std::function<void()> cancel_;
};

enum class Io { readable, writable };

class Loop {
 public:
  using Task = std::function<void()>;
  virtual ~Loop() = default;

  /// Runs the task on the loop thread, in order of posting. Any thread; never runs it in the caller.
  virtual void post(Task task) = 0;
  /// Runs the task once, not before `delay` has passed (nanosecond timers, not GLib's millisecond ones). Loop thread.
  virtual Subscription after(Nanos delay, Task task) = 0;
  /// Runs the task every `period` until the subscription dies; missed periods are skipped, not made up. Loop thread.
  virtual Subscription every(Nanos period, Task task) = 0;
  /// Runs the task whenever the descriptor is ready (level-triggered). The descriptor stays the caller's. Loop thread.
  virtual Subscription watch(int fd, Io io, Task task) = 0;
  virtual const Clock& clock() const = 0;

  Timestamp now() const { return clock().now(); }
};

}  // namespace bigfoot
