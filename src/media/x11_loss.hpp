#pragma once
// The end of an X server, which Xlib would answer by ending the program.

#include <functional>
#include <memory>

#include "base/loop.hpp"

namespace bigfoot::media {

/// Tells when a connection of Xlib's to an X server broke. From the first of these on that does not end the process any
/// more: the thread that noticed stands for ever, with all that it holds, and what it worked for is to be left to
/// itself. Of several the newest is told. Loop thread.
class X11Loss {
 public:
  X11Loss(Loop& loop, std::function<void()> lost);
  ~X11Loss();
  X11Loss(const X11Loss&) = delete;
  X11Loss& operator=(const X11Loss&) = delete;

  /// Any thread.
  void tell() const;

 private:
  Loop& loop_;
  const std::shared_ptr<const std::function<void()>> lost_;
};

}  // namespace bigfoot::media
