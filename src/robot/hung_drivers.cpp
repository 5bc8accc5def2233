#include "robot/hung_drivers.hpp"

#include <algorithm>

namespace bigfoot::robot {

const Rung* hung_camera(const std::vector<std::unique_ptr<Rung>>& rungs) {
  const auto seen = [](const auto& rung) {
    const CameraStatus status = rung->status();
    return status.viewers > 0 && status.state == "live";
  };
  if (std::any_of(rungs.begin(), rungs.end(), seen)) return nullptr;
  const auto hung =
      std::find_if(rungs.begin(), rungs.end(), [](const auto& rung) { return rung->stats().hung > hung_at_most; });
  return hung == rungs.end() ? nullptr : hung->get();
}

}  // namespace bigfoot::robot
