#pragma once
// `bigfoot devices`: what it can be told, and its run.

#include "base/units.hpp"
#include "config/table.hpp"

namespace bigfoot::robot {

struct DevicesOptions {
  bool json = false;
  Size size{1280, 720};
  FrameRate fps{30, 1};
  Bitrate bitrate{2'500'000};
};

/// The rows of the table. `options` must outlive it.
config::Table devices_table(DevicesOptions& options);

/// Surveys the machine and prints; progress goes to stderr where that is a terminal. The exit code: 2 where GStreamer
/// does not start, else 0.
int run_devices(const DevicesOptions& options);

}  // namespace bigfoot::robot
