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
  bool by_default = false;  ///< nobody asked: it is ours, since the camera had it otherwise
};

/// What is to be set, in order. Besides what the person wrote: a camera that may lengthen its exposure in low light
/// gives half its rate then, so `exposure_dynamic_framerate` (`exposure_auto_priority` before Linux 5.16) becomes 0.
/// Errors name the control and its range, or the nearest control and all there are.
[[nodiscard]] Result<std::vector<ControlChange>> plan_controls(const V4l2Device& device,
                                                               const std::vector<ControlSetting>& settings);

/// Sets them at the device. Worker thread. Errors: the driver's, with the control's name.
[[nodiscard]] Result<> apply_controls(const std::string& path, const std::vector<ControlChange>& changes);

}  // namespace bigfoot::media
