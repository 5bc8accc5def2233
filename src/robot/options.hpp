#pragma once
// What `bigfoot robot` can be told, nested as it is used, and the table that flags and environment share.

#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/units.hpp"
#include "config/table.hpp"
#include "transport/ice_config.hpp"

namespace bigfoot::robot {

/// One `--camera [NAME=]URI`.
struct CameraOption {
  std::string name;
  std::string source;
};

struct RobotOptions {
  std::vector<std::string> servers{"ws://127.0.0.1:8080"};  ///< the first that answers
  std::string name;                                         ///< default: the host's name
  std::vector<CameraOption> cameras;
  Size size{1280, 720};
  FrameRate fps{30, 1};
  std::string encoder = "auto";
  Bitrate bitrate{2'500'000};
  int max_viewers = 64;
  transport::IceConfig ice;
  std::optional<config::ListenAddress> metrics;  ///< where Prometheus asks; nothing: nowhere
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

/// The rows of the table. `options` must outlive it.
config::Table robot_table(RobotOptions& options);
/// What only makes sense together: names (unique, filled in), the camera that is there when none is named, loopback ICE
/// when the server itself is on loopback. Faults that concern several options.
std::vector<config::Fault> complete(RobotOptions& options, const std::string& host_name);

}  // namespace bigfoot::robot
