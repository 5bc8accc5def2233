#include "media/x11_loss.hpp"

#include <mutex>
#include <utility>

#include <unistd.h>

#include <X11/Xlib.h>

namespace bigfoot::media {
namespace {

// Xlib has one handler for the whole process, and tells it nothing but the display.
constinit std::mutex mutex;
constinit const X11Loss* told = nullptr;

/// Xlib calls exit() when this returns: on a thread of a sink's, with the loop and the workers in the middle of what
/// they do. It has a way round that (XSetIOErrorExitHandler), but only for who has the display before it breaks, and
/// GStreamer's sinks open theirs for themselves.
int stand(::Display*) {
  {
    const std::lock_guard lock(mutex);
    if (told) told->tell();
  }
  while (true) pause();
}

}  // namespace

X11Loss::X11Loss(Loop& loop, std::function<void()> lost)
    : loop_(loop), lost_(std::make_shared<const std::function<void()>>(std::move(lost))) {
  {
    const std::lock_guard lock(mutex);
    told = this;
  }
  XSetIOErrorHandler(stand);
}

X11Loss::~X11Loss() {
  const std::lock_guard lock(mutex);
  if (told == this) told = nullptr;
}

void X11Loss::tell() const {
  loop_.post([weak = std::weak_ptr(lost_)] {
    if (const auto lost = weak.lock()) (*lost)();
  });
}

}  // namespace bigfoot::media
