#pragma once
// Which of a viewer's reports count, of one session. A viewer is a stranger: what it says is bounded in number, and is
// about no other camera than the robot's own, which is a stranger, too, and may rename them all the time. The robot's
// counterpart is robot/viewer_reports.

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::server {

/// Pure.
class ReportGate {
 public:
  /// What comes faster would only weigh one viewer more than the others.
  static constexpr Nanos pause_min = 1s;

  /// `cameras`: those that the robot has now. False for others, and within pause_min of the last report of that camera
  /// that counted.
  [[nodiscard]] bool admit(const std::string& camera, const std::vector<std::string>& cameras, Timestamp now);
  /// Of how many cameras something is remembered: at most as many as a robot can name within pause_min.
  std::size_t remembered() const { return last_.size(); }

 private:
  std::map<std::string, Timestamp> last_;  ///< by camera, the last report that counted
};

}  // namespace bigfoot::server
