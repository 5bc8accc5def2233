#include "robot/hung_drivers.hpp"

#include <algorithm>

namespace bigfoot::robot {

const Rung* HungDrivers::look(const std::vector<std::unique_ptr<Rung>>& rungs, Timestamp now) {
  // Not by what it shows at this moment: one that is driven by may be without a picture for the blink of a new size.
  const auto watched = [](const auto& rung) {
    const CameraStatus status = rung->status();
    return status.viewers > 0 && (status.state == "live" || rung->stats().hung == Nanos{0});
  };
  if (std::any_of(rungs.begin(), rungs.end(), watched)) seen_at_ = now;
  if (now - seen_at_ < back_within) return nullptr;
  const Nanos age = now - started_;
  const auto hung = std::find_if(rungs.begin(), rungs.end(), [age](const auto& rung) {
    const media::CameraStats stats = rung->stats();
    return stats.hung > hung_at_most && (stats.frames_captured > 0 || age >= ends_apart);
  });
  return hung == rungs.end() ? nullptr : hung->get();
}

}  // namespace bigfoot::robot
