#pragma once
// What another configuration would change of the one in force, and which of it a running robot can take.

#include <string>
#include <vector>

#include "robot/options.hpp"

namespace bigfoot::robot {

struct KeyChange {
  std::string key;  ///< "cameras.front.bitrate"
  std::string was, is;
  bool operator==(const KeyChange&) const = default;
};

struct Difference {
  std::vector<KeyChange> live;
  std::vector<KeyChange> restart;    ///< takes effect when the robot is started again
  std::vector<std::string> cameras;  ///< that change live
};

/// Both are complete(). Secrets are compared and never shown.
Difference difference(RobotOptions now, RobotOptions wanted);
/// Of one camera: all of it is live.
std::vector<KeyChange> camera_difference(CameraOption now, CameraOption wanted);

}  // namespace bigfoot::robot
