#pragma once
// Loop on GLib's main context, which libnice, libsoup and GStreamer's bus share with us.

#include <memory>

#include "base/loop.hpp"

typedef struct _GMainContext GMainContext;

namespace bigfoot {

/// Construct, run and destroy on one thread. post() and stop() from any thread.
class GlibLoop final : public Loop {
 public:
  GlibLoop();
  ~GlibLoop() override;
  GlibLoop(const GlibLoop&) = delete;
  GlibLoop& operator=(const GlibLoop&) = delete;

  /// Returns after stop().
  void run();
  void stop();
  /// Handles everything until `done()` or the time is over; true when done. For tests and orderly ends.
  bool run_until(const std::function<bool()>& done, Nanos at_most);

  void post(Task task) override;
  Subscription after(Nanos delay, Task task) override;
  Subscription every(Nanos period, Task task) override;
  Subscription watch(int fd, Io io, Task task) override;
  const Clock& clock() const override;
  GMainContext* context() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bigfoot
