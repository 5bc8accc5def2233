#pragma once
// The controls of a camera as the URI sets them, checked against those that the camera has. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "media/source_uri.hpp"
#include "media/v4l2_device.hpp"

namespace bigfoot::media {

struct ControlChange {
  std::uint32_t id = 0;
  std::string name;
  std::int64_t value = 0;
  bool by_default = false;   ///< nobody asked: it is ours, since the camera had it otherwise
  std::string written = {};  ///< its name as the person wrote it, where that is another
};

/// A control that the camera does not take: it is left out, for a picture without it is better than none.
struct ControlRefusal {
  ControlSetting setting;
  /// The control and its range, or the nearest control and all there are; `retry`: it did not answer, and may do so
  /// soon.
  Error why;
};

struct ControlPlan {
  std::vector<ControlChange> changes;  ///< in order
  std::vector<ControlRefusal> refused;
};

/// What is to be set. Besides what the person wrote: a camera that may lengthen its exposure in low light
/// gives half its rate then, so `exposure_dynamic_framerate` (`exposure_auto_priority` before Linux 5.16) becomes 0.
ControlPlan plan_controls(const V4l2Device& device, const std::vector<ControlSetting>& settings);

/// Sets them at the device, and answers those that it refuses. Worker thread. Errors: the device is gone.
[[nodiscard]] Result<std::vector<ControlRefusal>> apply_controls(const std::string& path,
                                                                 const std::vector<ControlChange>& changes);
/// The same of a node that is open.
[[nodiscard]] Result<std::vector<ControlRefusal>> apply_controls(const V4l2Node& node, const std::string& path,
                                                                 const std::vector<ControlChange>& changes);

}  // namespace bigfoot::media
