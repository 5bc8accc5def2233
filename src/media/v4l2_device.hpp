#pragma once
// What a V4L2 camera offers, asked before GStreamer opens it, so that a refusal can say what to take instead.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "media/source_uri.hpp"

namespace bigfoot::media {

struct V4l2Mode {
  bool mjpeg = false;  ///< else a raw format
  std::string fourcc;
  Size size;      ///< the largest of a range
  Size size_min;  ///< equal to `size` where it is not a range
  double fps_max = 0;
};

struct V4l2Device {
  std::string card;  ///< its own name
  std::vector<V4l2Mode> modes;
  bool has_dynamic_framerate = false;  ///< may halve its rate in low light unless told not to
};

/// Opens the device and asks. Worker thread: a driver may hang. Errors: missing, no permission, busy, no camera, with
/// what to do about each.
[[nodiscard]] Result<V4l2Device> inspect_v4l2(const std::string& path);

/// The cheapest mode that reaches size and rate: raw, else MJPEG. Errors list what the camera offers. Pure.
[[nodiscard]] Result<V4l2Mode> choose_v4l2_mode(const V4l2Device& device, V4l2Format format, Size size, FrameRate fps);

}  // namespace bigfoot::media
