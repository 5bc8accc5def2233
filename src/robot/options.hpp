#pragma once
// What `bigfoot robot` can be told, nested as it is used, and the tables that file, environment and flags share.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cpu_set.hpp"
#include "base/log.hpp"
#include "base/units.hpp"
#include "config/layers.hpp"
#include "config/listen_address.hpp"
#include "config/table.hpp"
#include "media/resources.hpp"
#include "robot/camera_option.hpp"
#include "robot/send_buffers.hpp"
#include "transport/ice_config.hpp"

namespace bigfoot::robot {

struct RobotOptions {
  std::vector<std::string> servers{"ws://127.0.0.1:8080"};  ///< the first that answers
  std::string name;                                         ///< default: the host's name
  std::vector<CameraOption> cameras;
  Size size{1280, 720};  ///< of every camera that does not say its own; so are the next four
  FrameRate fps{30, 1};
  std::string encoder = "auto";
  std::string decoder = "auto";
  BitrateRange bitrate;
  std::map<std::string, config::Origin> origins;  ///< where these five come from; none: built in
  int max_viewers = 64;
  transport::IceConfig ice;
  SendBuffers buffers;
  media::Resources resources;                    ///< of each camera
  std::vector<CpuRange> cpu_affinity;            ///< empty: every processor
  std::optional<config::ListenAddress> metrics;  ///< where Prometheus asks; nothing: nowhere
  std::string status_socket;                     ///< path, `none`, or empty: in the runtime directory
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

/// The rows of `bigfoot robot`. `options` must outlive it.
config::Table robot_table(RobotOptions& options);
/// What only makes sense together: names (unique, filled in), what cameras do not say themselves, the camera that is
/// there when none is named, loopback ICE when the server itself is on loopback. Faults that concern several options.
std::vector<config::Fault> complete(RobotOptions& options, const std::string& host_name);
/// The part of it that concerns one camera: may be done again when its keys or its source have changed.
void complete_camera(CameraOption& camera, const RobotOptions& options, std::vector<config::Fault>& faults);

/// What the layers say now, all of it anew.
struct ReadOptions {
  RobotOptions options;  ///< complete, when there is no fault
  std::vector<config::Fault> faults;
};
ReadOptions read_options(const config::Layers& layers, const std::string& host_name);

}  // namespace bigfoot::robot
