#pragma once
// What GStreamer's X11 sinks do not do with the windows that they make.

#include <cstdint>

#include "base/result.hpp"

namespace bigfoot::media {

/// Fills the screen with a window of the display that DISPLAY names, or gives it its size back: the window manager is
/// asked (EWMH, _NET_WM_STATE_FULLSCREEN); without one the window is made as large as the screen. Worker thread: it
/// waits for the X server. Errors: no such display or window.
[[nodiscard]] Result<> set_x11_fullscreen(std::uint64_t window, bool fullscreen);

}  // namespace bigfoot::media
