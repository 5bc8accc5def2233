#include "base/glib_loop.hpp"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include <glib-unix.h>

#include "base/check.hpp"
#include "base/timers.hpp"

namespace bigfoot {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) { BIGFOOT_CHECK(fd >= 0, "out of file descriptors"); }
  ~Fd() { close(fd_); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// GLib takes the descriptor of a source out of the loop while it is dispatched and puts it back, and wakes the loop up
// each time, unless the source may recurse: twice the system calls for each event. No task here runs the loop.
GSource* fd_source(int fd, GIOCondition condition) {
  GSource* source = g_unix_fd_source_new(fd, condition);
  g_source_set_can_recurse(source, TRUE);
  return source;
}

/// Asked before the loop sleeps, and told when its descriptor can be read.
struct Sleeper {
  GSource source;  // first: GLib knows no more of it
  void (*before_sleep)(void*);
  void (*ready)(void*);
  void* self;
  gpointer tag;
};

GSource* sleeper_source(int fd, void (*before_sleep)(void*), void (*ready)(void*), void* self) {
  static GSourceFuncs functions = {[](GSource* source, gint*) -> gboolean {
                                     const auto& sleeper = *reinterpret_cast<Sleeper*>(source);
                                     sleeper.before_sleep(sleeper.self);
                                     return FALSE;
                                   },
                                   [](GSource* source) -> gboolean {
                                     return g_source_query_unix_fd(source, reinterpret_cast<Sleeper*>(source)->tag) !=
                                            0;
                                   },
                                   [](GSource* source, GSourceFunc, gpointer) -> gboolean {
                                     const auto& sleeper = *reinterpret_cast<Sleeper*>(source);
                                     sleeper.ready(sleeper.self);
                                     return G_SOURCE_CONTINUE;
                                   },
                                   nullptr,
                                   nullptr,
                                   nullptr};
  GSource* source = g_source_new(&functions, sizeof(Sleeper));
  auto& sleeper = *reinterpret_cast<Sleeper*>(source);
  sleeper.before_sleep = before_sleep;
  sleeper.ready = ready;
  sleeper.self = self;
  sleeper.tag = g_source_add_unix_fd(source, fd, G_IO_IN);
  g_source_set_can_recurse(source, TRUE);
  return source;
}

void drain_counter(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(fd, &count, sizeof count);
}

}  // namespace

// Our own queue and eventfd: g_main_context_invoke runs in the caller while no thread owns the context.
struct GlibLoop::State {
  GMainContext* context = g_main_context_ref(g_main_context_default());
  SystemClock clock;
  Timers timers;
  Fd timer_fd{timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  Fd event_fd{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::mutex mutex;
  std::vector<Task> posted;  // guarded by mutex
  std::vector<Task> running;
  std::atomic<bool> stopped{false};
  GSource* timer_source = nullptr;
  GSource* event_source = nullptr;
  Timestamp armed{};

  ~State() { g_main_context_unref(context); }

  void attach() {
    timer_source = sleeper_source(
        timer_fd.get(), [](void* self) { static_cast<State*>(self)->arm(); },
        [](void* self) { static_cast<State*>(self)->run_timers(); }, this);
    g_source_attach(timer_source, context);
    event_source = attach_fd(event_fd.get(), G_IO_IN, [](State& state) { state.run_posted(); });
  }
  void detach() {
    for (GSource* source : {timer_source, event_source}) {
      g_source_destroy(source);
      g_source_unref(source);
    }
  }
  template <class Handler>
  GSource* attach_fd(int fd, GIOCondition condition, Handler) {
    GSource* source = fd_source(fd, condition);
    const GUnixFDSourceFunc trampoline = [](int, GIOCondition, gpointer self) -> gboolean {
      Handler{}(*static_cast<State*>(self));
      return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(source, G_SOURCE_FUNC(trampoline), this, nullptr);
    g_source_attach(source, context);
    return source;
  }
  void run_timers() {
    drain_counter(timer_fd.get());
    armed = Timestamp{};
    timers.run_due(clock.now());
  }
  /// Once before each sleep, whatever was set and cancelled since the last: a wake-up for nothing costs some 50 us.
  void arm() {
    const Timestamp due = timers.next_due().value_or(Timestamp{});
    if (std::exchange(armed, due) == due) return;
    const auto nanos = due == Timestamp{} ? 0 : std::max<std::int64_t>(1, due.time_since_epoch().count());
    itimerspec spec{};
    spec.it_value.tv_sec = nanos / 1'000'000'000;
    spec.it_value.tv_nsec = nanos % 1'000'000'000;
    timerfd_settime(timer_fd.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  }
  void run_posted() {
    drain_counter(event_fd.get());
    {
      const std::lock_guard lock(mutex);
      running.swap(posted);
    }
    for (auto& task : running) task();
    running.clear();
  }
  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = write(event_fd.get(), &one, sizeof one);
  }
};

GlibLoop::GlibLoop() : state_(std::make_shared<State>()) { state_->attach(); }

GlibLoop::~GlibLoop() {
  state_->detach();
  const std::lock_guard lock(state_->mutex);
  state_->posted.clear();
}

void GlibLoop::run() {
  while (!state_->stopped) g_main_context_iteration(state_->context, TRUE);
  state_->stopped = false;
}

void GlibLoop::stop() {
  state_->stopped = true;
  state_->wake();
}

bool GlibLoop::run_until(const std::function<bool()>& done, Nanos at_most) {
  bool late = false;
  const Subscription deadline = after(at_most, [&late] { late = true; });
  while (!done() && !late) g_main_context_iteration(state_->context, TRUE);
  return done();
}

void GlibLoop::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    first = state_->posted.empty();
    state_->posted.push_back(std::move(task));
  }
  if (first) state_->wake();
}

Subscription GlibLoop::after(Nanos delay, Task task) {
  const auto id = state_->timers.add(state_->clock.now() + delay, Nanos{0}, std::move(task));
  return Subscription([weak = std::weak_ptr(state_), id] {
    if (auto state = weak.lock()) state->timers.cancel(id);
  });
}

Subscription GlibLoop::every(Nanos period, Task task) {
  BIGFOOT_CHECK(period > Nanos{0}, "a period of nothing would never end");
  const auto id = state_->timers.add(state_->clock.now() + period, period, std::move(task));
  return Subscription([weak = std::weak_ptr(state_), id] {
    if (auto state = weak.lock()) state->timers.cancel(id);
  });
}

Subscription GlibLoop::watch(int fd, Io io, Task task) {
  GSource* source = fd_source(fd, io == Io::readable ? G_IO_IN : G_IO_OUT);
  const GUnixFDSourceFunc trampoline = [](int, GIOCondition, gpointer task_pointer) -> gboolean {
    const Task copy = *static_cast<Task*>(task_pointer);  // the task may cancel its own watch
    copy();
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source, G_SOURCE_FUNC(trampoline), new Task(std::move(task)),
                        [](gpointer task_pointer) { delete static_cast<Task*>(task_pointer); });
  g_source_attach(source, state_->context);
  return Subscription([source] {
    g_source_destroy(source);
    g_source_unref(source);
  });
}

const Clock& GlibLoop::clock() const { return state_->clock; }
GMainContext* GlibLoop::context() const { return state_->context; }

}  // namespace bigfoot
