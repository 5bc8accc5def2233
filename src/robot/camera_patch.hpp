#pragma once
// A camera with some of its keys changed from afar, read by the same table as the file's.

#include <vector>

#include "config/yaml.hpp"
#include "robot/options.hpp"

namespace bigfoot::robot {

struct PatchedCamera {
  CameraOption camera;  ///< completed; of no use with a fault
  std::vector<config::Fault> faults;
  bool forbidden = false;  ///< one of them: `gst:` runs any launch text and `file:` reads any file
};

/// `camera` (a completed one of `options`) with what `values` say. A key that is given wins over the same setting in
/// the camera's source; one that is given without a value is taken out, and so is a control. All faults at once.
PatchedCamera patch_camera(const CameraOption& camera, const config::YamlNode& values, const RobotOptions& options);
/// The same with the robot's own words: nothing is forbidden.
PatchedCamera patch_by_robot(const CameraOption& camera, const config::YamlNode& values, const RobotOptions& options);

}  // namespace bigfoot::robot
