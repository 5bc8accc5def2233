#include "robot/live_config.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::robot {
namespace {

constexpr const char* own_rate = "the encoder keeps the rate that its own text gives";

}  // namespace

LiveConfig::LiveConfig(RobotOptions& options, const std::vector<std::unique_ptr<Rung>>& rungs, Viewers& viewers,
                       Log log)
    : options_(options), rungs_(rungs), viewers_(viewers), log_(std::move(log)) {}

void LiveConfig::reread(const ReadOptions& read) {
  if (!read.faults.empty()) {
    for (const config::Fault& fault : read.faults)
      log_.error("config.fault", {{"where", fault.where}, {"what", fault.what}, {"fix", fault.fix}});
    log_.error("config.refused", {{"faults", read.faults.size()}, {"then", "everything stays as it is"}});
    return;
  }
  const Difference found = difference(options_, read.options);
  apply(found, read.options);
  say(found);
  log_.info("config.read", {{"changed", found.live.size()}, {"needs_restart", found.restart.size()}});
}

/// What needs a restart stays as it is in options_, so that the next reading says it again.
void LiveConfig::apply(const Difference& difference, const RobotOptions& wanted) {
  options_.max_viewers = wanted.max_viewers;
  options_.log_level = wanted.log_level;
  options_.size = wanted.size;
  options_.fps = wanted.fps;
  options_.encoder = wanted.encoder;
  options_.bitrate = wanted.bitrate;
  viewers_.set_sessions_max(options_.max_viewers);
  log_.set_level(options_.log_level);
  for (const CameraOption& camera : wanted.cameras)
    if (std::find(difference.cameras.begin(), difference.cameras.end(), camera.settings.name) !=
        difference.cameras.end())
      apply_camera(camera);
}

void LiveConfig::apply_camera(const CameraOption& wanted) {
  const auto at = std::find_if(options_.cameras.begin(), options_.cameras.end(), [&](const CameraOption& camera) {
    return camera.settings.name == wanted.settings.name;
  });
  *at = wanted;
  rung(wanted.settings.name)->apply(wanted.settings);
}

void LiveConfig::say(const Difference& difference) const {
  for (const KeyChange& change : difference.live)
    log_.info("config.changed", {{"key", change.key}, {"was", change.was}, {"is", change.is}});
  for (const KeyChange& change : difference.restart)
    log_.warn("config.needs_restart",
              {{"key", change.key}, {"is", change.is}, {"then", "it takes effect when the robot is started again"}});
  say_own_rate(difference);
}

void LiveConfig::say_own_rate(const Difference& difference) const {
  for (const KeyChange& change : difference.live)
    for (const auto& each : rungs_)
      if (change.key == "cameras." + each->name() + ".bitrate" && !each->stats().takes_bitrate)
        log_.warn("config.not_applied", {{"key", change.key}, {"why", own_rate}});
}

Rung* LiveConfig::rung(const std::string& camera) const {
  const auto found =
      std::find_if(rungs_.begin(), rungs_.end(), [&](const auto& each) { return each->name() == camera; });
  return found->get();
}

}  // namespace bigfoot::robot
