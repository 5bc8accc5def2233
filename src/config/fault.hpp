#pragma once
// One thing that is wrong with the configuration, in words for a person.

#include <string>

namespace bigfoot::config {

struct Fault {
  std::string where;  ///< "--bitrate", "BIGFOOT_BITRATE" or "robot.yaml:7"
  std::string what;
  std::string fix;  ///< empty when `what` says it all
  std::string text() const { return where + ": " + what + (fix.empty() ? "" : "\n    " + fix); }
};

}  // namespace bigfoot::config
