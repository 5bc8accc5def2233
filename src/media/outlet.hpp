#pragma once
// Where a pipeline's streaming thread hands over what it made, until somebody closes it.

#include <functional>
#include <mutex>
#include <utility>

namespace bigfoot::media {

/// Any thread. After close() nothing goes through any more, and nothing is on its way.
template <class T>
class OutletOf {
 public:
  using Receiver = std::function<void(T)>;
  explicit OutletOf(Receiver receiver) : receiver_(std::move(receiver)) {}
  void send(T made) {
    const std::lock_guard lock(mutex_);
    if (receiver_) receiver_(std::move(made));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    receiver_ = nullptr;
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return !receiver_;
  }

 private:
  mutable std::mutex mutex_;
  Receiver receiver_;
};

}  // namespace bigfoot::media
