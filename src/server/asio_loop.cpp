#include "server/asio_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/timers.hpp"

namespace bigfoot::server {

namespace asio = boost::asio;
using boost::system::error_code;

struct AsioLoop::State : std::enable_shared_from_this<AsioLoop::State> {
  asio::io_context context{1};
  asio::steady_timer alarm{context};
  SystemClock clock;
  Timers timers;

  /// One alarm for the earliest timer; an alarm that was moved is cancelled and its old call does nothing.
  void arm() {
    const auto due = timers.next_due();
    if (!due) return;
    if (alarm.expiry() == *due && armed) return;
    armed = true;
    alarm.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(*due));
    alarm.async_wait([weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (!self || error) return;
      self->armed = false;
      self->timers.run_due(self->clock.now());
      self->arm();
    });
  }
  bool armed = false;

  Subscription add(Nanos delay, Nanos period, Task task) {
    const auto id = timers.add(clock.now() + delay, period, std::move(task));
    arm();
    return Subscription([weak = weak_from_this(), id] {
      if (const auto self = weak.lock()) self->timers.cancel(id);
    });
  }
};

namespace {

/// Waits for readiness again and again; the descriptor is the caller's and is given back untouched.
struct Watch : std::enable_shared_from_this<Watch> {
  Watch(asio::io_context& context, int fd, Io direction, Loop::Task call)
      : descriptor(context, fd), io(direction), task(std::move(call)) {}
  ~Watch() { descriptor.release(); }

  void wait() {
    const auto type =
        io == Io::readable ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write;
    descriptor.async_wait(type, [self = shared_from_this()](error_code error) {
      if (error || self->cancelled) return;
      self->task();
      if (!self->cancelled) self->wait();
    });
  }
  asio::posix::stream_descriptor descriptor;
  Io io;
  Loop::Task task;
  bool cancelled = false;
};

}  // namespace

AsioLoop::AsioLoop() : state_(std::make_shared<State>()) {}
AsioLoop::~AsioLoop() = default;

void AsioLoop::run() {
  const auto keep = asio::make_work_guard(state_->context);
  state_->context.run();
}
void AsioLoop::stop() { state_->context.stop(); }
void AsioLoop::post(Task task) { asio::post(state_->context, std::move(task)); }
Subscription AsioLoop::after(Nanos delay, Task task) { return state_->add(delay, Nanos{0}, std::move(task)); }
Subscription AsioLoop::every(Nanos period, Task task) { return state_->add(period, period, std::move(task)); }

Subscription AsioLoop::watch(int fd, Io io, Task task) {
  auto watch = std::make_shared<Watch>(state_->context, fd, io, std::move(task));
  watch->wait();
  return Subscription([watch] {
    watch->cancelled = true;
    watch->descriptor.cancel();
  });
}

const Clock& AsioLoop::clock() const { return state_->clock; }
asio::io_context& AsioLoop::context() { return state_->context; }

}  // namespace bigfoot::server
