#include "robot/difference.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace bigfoot::robot {
namespace {

constexpr std::array<std::string_view, 2> live_keys{"max_viewers", "log.level"};
/// What cameras that do not say themselves take from here: seen at the cameras.
constexpr std::array<std::string_view, 6> of_cameras{"cameras", "size", "fps", "encoder", "decoder", "bitrate"};

bool contains(const auto& list, std::string_view key) { return std::find(list.begin(), list.end(), key) != list.end(); }

CameraOption* find(RobotOptions& options, const std::string& name) {
  const auto found = std::find_if(options.cameras.begin(), options.cameras.end(),
                                  [&](const CameraOption& camera) { return camera.settings.name == name; });
  return found == options.cameras.end() ? nullptr : &*found;
}

void compare_cameras(RobotOptions& now, RobotOptions& wanted, Difference& difference) {
  for (CameraOption& camera : wanted.cameras) {
    const std::string& name = camera.settings.name;
    const CameraOption* before = find(now, name);
    if (before == nullptr) {
      difference.restart.push_back({"cameras." + name, "", "added"});
      continue;
    }
    const auto changes = camera_difference(*before, camera);
    if (!changes.empty()) difference.cameras.push_back(name);
    difference.live.insert(difference.live.end(), changes.begin(), changes.end());
  }
  for (const CameraOption& camera : now.cameras)
    if (find(wanted, camera.settings.name) == nullptr)
      difference.restart.push_back({"cameras." + camera.settings.name, "", "taken out"});
}

}  // namespace

std::vector<KeyChange> camera_difference(CameraOption now, CameraOption wanted) {
  std::vector<KeyChange> changes;
  const config::Table before = camera_table(now), after = camera_table(wanted);
  for (std::size_t i = 0; i < after.options().size(); ++i) {
    const config::Option &was = before.options()[i], &is = after.options()[i];
    // A password is part of the source and not of its text.
    const bool other_source = is.key == "source" && now.source != wanted.source;
    if (was.get() != is.get() || other_source)
      changes.push_back({"cameras." + wanted.settings.name + "." + is.key, was.get(), is.get()});
  }
  return changes;
}

Difference difference(RobotOptions now, RobotOptions wanted) {
  Difference difference;
  const config::Table before = robot_table(now), after = robot_table(wanted);
  for (std::size_t i = 0; i < after.options().size(); ++i) {
    const config::Option &was = before.options()[i], &is = after.options()[i];
    if (contains(of_cameras, is.key)) continue;
    const bool other_secret = is.key == "ice.servers" && now.ice.servers != wanted.ice.servers;
    if (was.get() == is.get() && !other_secret) continue;
    (contains(live_keys, is.key) ? difference.live : difference.restart).push_back({is.key, was.get(), is.get()});
  }
  compare_cameras(now, wanted, difference);
  return difference;
}

}  // namespace bigfoot::robot
