#include "robot/viewer_reports.hpp"

#include <algorithm>

namespace bigfoot::robot {

ViewerReports::ViewerReports(const std::vector<std::string>& cameras) {
  for (const std::string& name : cameras) cameras_.push_back({name, {}});
}

std::optional<std::size_t> ViewerReports::admit(const std::string& camera, Timestamp now) {
  const auto found =
      std::find_if(cameras_.begin(), cameras_.end(), [&](const Camera& each) { return each.name == camera; });
  if (found == cameras_.end() || (found->last && now - *found->last < pause_min)) return std::nullopt;
  found->last = now;
  return static_cast<std::size_t>(found - cameras_.begin());
}

}  // namespace bigfoot::robot
