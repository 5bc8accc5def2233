#pragma once
// What GLib, and GStreamer, libnice and libsoup through it, warn of: lines of our log, in its format.

#include <memory>

#include "base/log.hpp"

namespace bigfoot {

/// From now on it is `library.said` in the log of `writer`, with `owner`. Once in a process: GLib takes no second one.
/// What the libraries end the process of, and what comes when `writer` is gone, is written in GLib's own way.
void log_libraries(const std::shared_ptr<LogWriter>& writer, LogField owner);

}  // namespace bigfoot
