#include "transport/ice_context.hpp"

#include <glib-unix.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/check.hpp"
#include "base/timers.hpp"

namespace bigfoot::transport {

/// The epoll descriptor and the timer that all contexts of a thread share: one source in the main loop.
class IceReactor {
 public:
  IceReactor()
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    BIGFOOT_CHECK(epoll_ >= 0 && timer_ >= 0, "out of file descriptors");
    set(timer_, G_IO_IN, EPOLL_CTL_ADD);
    source_ = g_unix_fd_source_new(epoll_, G_IO_IN);
    const GUnixFDSourceFunc ready = [](int, GIOCondition, gpointer self) -> gboolean {
      static_cast<IceReactor*>(self)->dispatch();
      return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(source_, G_SOURCE_FUNC(ready), this, nullptr);
    g_source_set_can_recurse(source_, TRUE);  // as in base/glib_loop: half the system calls
    g_source_attach(source_, nullptr);
  }
  ~IceReactor() {
    g_source_destroy(source_);
    g_source_unref(source_);
    close(timer_);
    close(epoll_);
  }
  IceReactor(const IceReactor&) = delete;
  IceReactor& operator=(const IceReactor&) = delete;

  /// One for the thread, as long as a context uses it.
  static std::shared_ptr<IceReactor> of_this_thread() {
    thread_local std::weak_ptr<IceReactor> shared;
    auto reactor = shared.lock();
    if (!reactor) {
      reactor = std::make_shared<IceReactor>();
      shared = reactor;
    }
    return reactor;
  }

  void add(const GPollFD& polled, IceContext& owner) {
    // A descriptor number that libnice closed a moment ago may belong to another context by now.
    const int operation = owners_.contains(polled.fd) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    owners_[polled.fd] = &owner;
    if (!set(polled.fd, polled.events, operation)) set(polled.fd, polled.events, EPOLL_CTL_ADD);
  }
  void remove(int fd, const IceContext& owner) {
    const auto found = owners_.find(fd);
    if (found == owners_.end() || found->second != &owner) return;
    owners_.erase(found);
    set(fd, 0, EPOLL_CTL_DEL);  // fails for a descriptor that is closed: the kernel forgot it already
  }

  Timers::Id after(Timestamp due, Timers::Task task) {
    const auto id = timers_.add(due, Nanos{0}, std::move(task));
    arm();
    return id;
  }
  void cancel(Timers::Id id) { timers_.cancel(id); }

 private:
  bool set(int fd, gushort events, int operation) const {
    epoll_event event{};
    event.events = events;  // EPOLLIN … EPOLLHUP have the values of POLLIN … POLLHUP
    event.data.fd = fd;
    return epoll_ctl(epoll_, operation, fd, &event) == 0;
  }
  void arm() {
    const auto due = timers_.next_due();
    if (!due || *due == armed_) return;
    armed_ = *due;
    const auto nanos = std::max<std::int64_t>(1, due->time_since_epoch().count());
    itimerspec spec{};
    spec.it_value.tv_sec = nanos / 1'000'000'000;
    spec.it_value.tv_nsec = nanos % 1'000'000'000;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
  }
  void run_timers() {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const ssize_t got = read(timer_, &expirations, sizeof expirations);
    armed_ = Timestamp{};
    timers_.run_due(SystemClock().now());
    arm();
  }
  void dispatch() {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      if (events[static_cast<std::size_t>(i)].data.fd == timer_) {
        run_timers();
      } else if (const auto owner = owners_.find(events[static_cast<std::size_t>(i)].data.fd); owner != owners_.end()) {
        owner->second->pump();  // it may remove itself and others: each is looked up when its turn comes
      }
    }
  }

  const int epoll_;
  const int timer_;
  GSource* source_ = nullptr;
  std::unordered_map<int, IceContext*> owners_;
  Timers timers_;
  Timestamp armed_{};
};

// Ownerless polling: a source that is attached between two pumps wakes the context by its own eventfd.
IceContext::IceContext()
    : context_(g_main_context_new_with_flags(G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING)),
      reactor_(IceReactor::of_this_thread()),
      polled_(8) {
  prepare();
}

IceContext::~IceContext() {
  BIGFOOT_CHECK(!pumping_, "an ICE path was destroyed inside its own callback");
  if (timer_ != 0) reactor_->cancel(timer_);
  for (const auto& polled : watched_) reactor_->remove(polled.fd, *this);
  g_main_context_unref(context_);
}

void IceContext::pump() {
  if (pumping_) return;
  static_assert(sizeof(GPollFD) == sizeof(pollfd));
  for (int round = 0; round < 2; ++round) {  // GLib wakes itself up in each dispatch: that is taken back here, too
    const bool acquired = g_main_context_acquire(context_);
    BIGFOOT_CHECK(acquired, "another thread runs an ICE context");
    pumping_ = true;
    poll(reinterpret_cast<pollfd*>(polled_.data()), count_, 0);
    const bool ready = g_main_context_check(context_, priority_, polled_.data(), static_cast<gint>(count_));
    if (ready) g_main_context_dispatch(context_);
    pumping_ = false;
    g_main_context_release(context_);
    prepare();
    if (!ready) return;
  }
}

void IceContext::prepare() {
  const bool acquired = g_main_context_acquire(context_);
  BIGFOOT_CHECK(acquired, "another thread runs an ICE context");
  g_main_context_prepare(context_, &priority_);
  gint timeout_ms = -1;
  for (;;) {
    const auto room = static_cast<gint>(polled_.size());
    const gint wanted = g_main_context_query(context_, priority_, &timeout_ms, polled_.data(), room);
    count_ = static_cast<std::size_t>(wanted);
    if (wanted <= room) break;
    polled_.resize(count_);
  }
  g_main_context_release(context_);
  watch(count_);

  const Timestamp due = timeout_ms < 0 ? Timestamp{} : SystemClock().now() + Millis(timeout_ms);
  const bool same = timer_ != 0 && timeout_ms > 0 && due <= due_ + 1ms && due_ <= due + 1ms;
  if (same) return;
  if (timer_ != 0) reactor_->cancel(timer_);
  timer_ = 0;
  if (timeout_ms < 0) return;
  due_ = due;
  timer_ = reactor_->after(due, [this] {
    timer_ = 0;
    pump();
  });
}

void IceContext::watch(std::size_t count) {
  const auto same = [](const GPollFD& a, const GPollFD& b) { return a.fd == b.fd && a.events == b.events; };
  if (watched_.size() == count && std::equal(watched_.begin(), watched_.end(), polled_.begin(), same)) return;
  const std::vector<GPollFD> now(polled_.begin(), polled_.begin() + static_cast<std::ptrdiff_t>(count));
  for (const auto& old : watched_) {
    const bool kept = std::any_of(now.begin(), now.end(), [&](const GPollFD& polled) { return polled.fd == old.fd; });
    if (!kept) reactor_->remove(old.fd, *this);
  }
  for (const auto& polled : now) {
    const bool known =
        std::any_of(watched_.begin(), watched_.end(), [&](const GPollFD& old) { return same(old, polled); });
    if (!known) reactor_->add(polled, *this);
  }
  watched_ = now;
}

}  // namespace bigfoot::transport
