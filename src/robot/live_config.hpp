#pragma once
// The configuration of a running robot: read again (SIGHUP) or changed from afar, and applied as far as that goes
// without a restart. Whatever has a fault changes nothing.

#include <functional>
#include <memory>
#include <vector>

#include "robot/difference.hpp"
#include "robot/rung.hpp"
#include "robot/viewers.hpp"

namespace bigfoot::robot {

/// Loop thread.
class LiveConfig {
 public:
  /// All borrowed things outlive it. `options` is what is in force, and is kept up to date.
  LiveConfig(RobotOptions& options, const std::vector<std::unique_ptr<Rung>>& rungs, Viewers& viewers, Log log);

  /// Takes what `read` says, or says every fault in the log and leaves all as it is.
  void reread(const ReadOptions& read);
  /// Other values for one camera, asked from afar. They hold until the configuration is read again.
  protocol::Configured configure(const protocol::Configure& asked);

 private:
  void apply(const Difference& difference, const RobotOptions& wanted);
  void apply_camera(const CameraOption& wanted);
  void say(const Difference& difference) const;
  void say_refused(const std::vector<config::Fault>& faults) const;
  /// Whose new bit rate `key` is, where that camera will not take one.
  const Rung* keeps_own_rate(const std::string& key) const;
  Rung* rung(const std::string& camera) const;

  RobotOptions& options_;
  const std::vector<std::unique_ptr<Rung>>& rungs_;
  Viewers& viewers_;
  Log log_;
};

}  // namespace bigfoot::robot
