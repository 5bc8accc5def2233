#pragma once
// `bigfoot-server serve`: everything made, connected and run.

#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "config/fault.hpp"
#include "server/options.hpp"

namespace bigfoot::server {

struct Program {
  std::string version;
  std::string path;                         ///< of the executable, to find the installed pages
  std::string built_in_web;                 ///< pages of the source tree
  std::vector<config::Fault> ignored = {};  ///< variables of the environment that nothing reads: said
};

/// Serves until SIGTERM or SIGINT, then drains; a second signal ends at once. The exit code: 0 after an orderly end, 1
/// when an address or directory cannot be had (said in the log). Blocks the two signals in the calling thread, so call
/// it before other threads start.
int serve(const ServerOptions& options, const Program& program);

}  // namespace bigfoot::server
