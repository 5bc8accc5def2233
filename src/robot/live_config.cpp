#include "robot/live_config.hpp"

#include <algorithm>
#include <utility>

#include "robot/camera_patch.hpp"
#include "robot/camera_values.hpp"

namespace bigfoot::robot {
namespace {

/// Why a new bit rate does nothing.
const char* own_rate(const Rung& rung) {
  return rung.stats().passed_through ? "the camera's own H.264 is passed through, at the rate that the camera gives it"
                                     : "the encoder keeps the rate that its own text gives";
}

}  // namespace

LiveConfig::LiveConfig(RobotOptions& options, const std::vector<std::unique_ptr<Rung>>& rungs, Viewers& viewers,
                       Log log)
    : options_(options), rungs_(rungs), viewers_(viewers), log_(std::move(log)) {}

void LiveConfig::reread(const ReadOptions& read) {
  if (!read.faults.empty()) return say_refused(read.faults);
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
  options_.decoder = wanted.decoder;
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
  for (const KeyChange& change : difference.live)
    if (const Rung* rung = keeps_own_rate(change.key))
      log_.warn("config.not_applied", {{"key", change.key}, {"why", own_rate(*rung)}});
}

void LiveConfig::say_refused(const std::vector<config::Fault>& faults) const {
  for (const config::Fault& fault : faults)
    log_.error("config.fault", {{"where", fault.where}, {"what", fault.what}, {"fix", fault.fix}});
  log_.error("config.refused", {{"faults", faults.size()}, {"then", "everything stays as it is"}});
}

const Rung* LiveConfig::keeps_own_rate(const std::string& key) const {
  const auto found = std::find_if(rungs_.begin(), rungs_.end(), [&](const auto& rung) {
    return key == "cameras." + rung->name() + ".bitrate" && !rung->stats().takes_bitrate;
  });
  return found == rungs_.end() ? nullptr : found->get();
}

protocol::Configured LiveConfig::configure(const protocol::Configure& asked) {
  protocol::Configured reply{asked.request_id, {}, {}, {}, {}, {}};
  const auto camera = std::find_if(options_.cameras.begin(), options_.cameras.end(),
                                   [&](const CameraOption& each) { return each.settings.name == asked.camera; });
  if (camera == options_.cameras.end()) {
    reply.error = "unknown-camera";
    return reply;
  }
  const PatchedCamera patched = patch_camera(*camera, tree_of(asked.values), options_);
  if (!patched.faults.empty()) {
    say_refused(patched.faults);
    reply.error = patched.forbidden ? "forbidden" : "bad-values";
    for (const config::Fault& fault : patched.faults) reply.faults.push_back({fault.what, fault.fix});
    reply.faults.resize(std::min(reply.faults.size(), protocol::values_max));
    return reply;
  }
  Difference found;
  found.live = camera_difference(*camera, patched.camera);
  if (!found.live.empty()) apply_camera(patched.camera);
  say(found);
  const std::string above = "cameras." + asked.camera + ".";
  const auto asked_for = [&](const std::string& key) {
    return std::any_of(asked.values.begin(), asked.values.end(),
                       [&](const protocol::Setting& value) { return above + value.key == key; });
  };
  for (const KeyChange& change : found.live) {
    // What a key says now is taken out of the source's own words.
    if (change.key == above + "source" && !asked_for(change.key)) continue;
    reply.changed.push_back(change.key.substr(above.size()));
    if (const Rung* rung = keeps_own_rate(change.key))
      reply.not_applied.push_back({reply.changed.back(), own_rate(*rung)});
  }
  reply.values = values_of(*camera);
  return reply;
}

Rung* LiveConfig::rung(const std::string& camera) const {
  const auto found =
      std::find_if(rungs_.begin(), rungs_.end(), [&](const auto& each) { return each->name() == camera; });
  return found->get();
}

}  // namespace bigfoot::robot
