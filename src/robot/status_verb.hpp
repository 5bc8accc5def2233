#pragma once
// `bigfoot status`: asks the robot that runs on this machine.

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/table.hpp"

namespace bigfoot::robot {

struct StatusOptions {
  bool json = false;
  std::string socket;  ///< empty: looked for in runtime_directories()
  std::string name;    ///< of several, this one
};

/// What to say where several robots answer at these sockets: by --name as long as that tells them apart.
Error which_of_several(const std::vector<std::string>& sockets);

/// The rows of the table. `options` must outlive it.
config::Table status_table(StatusOptions& options);

/// Prints what the robot says. The exit code: 1 where none answers or it is not clear which is meant, else 0.
int run_status(const StatusOptions& options, const std::function<const char*(const char*)>& environment);

}  // namespace bigfoot::robot
