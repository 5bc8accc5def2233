#pragma once
// A camera's keys between the signaling protocol (flat: "controls.brightness") and the tables of the configuration.

#include <vector>

#include "config/yaml.hpp"
#include "protocol/message.hpp"
#include "robot/options.hpp"

namespace bigfoot::robot {

/// As a file would have them.
config::YamlNode tree_of(const std::vector<protocol::Setting>& values);
/// Every key as it is now, without what must not leave the robot: passwords, and what `gst:` and `file:` name.
std::vector<protocol::Setting> values_of(CameraOption camera);

}  // namespace bigfoot::robot
