#pragma once
// What a V4L2 camera offers, asked before GStreamer opens it, so that a refusal can say what to take instead.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::media {

/// The rates of a camera at one size of a range.
struct V4l2Rates {
  Size size;
  std::vector<FrameRate> rates;
  bool any_rate_between = false;
};

/// One format and size of a camera with every rate at which it gives it.
struct V4l2Mode {
  std::string fourcc;
  Size size;                       ///< the largest of a range
  Size size_min;                   ///< equal to `size` where it is not a range
  Size step{1, 1};                 ///< of a range
  std::vector<FrameRate> rates;    ///< at `size`, fastest first; the two ends of a range; empty: it does not say
  bool any_rate_between = false;   ///< `rates` are the ends of a range
  std::vector<V4l2Rates> asked{};  ///< of a range: at the sizes that it was asked about; nothing is known of others
};

enum class V4l2ControlKind { number, boolean, menu, other };

/// One thing to set: brightness, exposure. The name is v4l2-ctl's.
struct V4l2Control {
  std::uint32_t id = 0;
  std::string name;
  V4l2ControlKind kind = V4l2ControlKind::number;
  std::int64_t min = 0, max = 0, step = 1, normal = 0;
  std::int64_t value = 0;  ///< when asked
  bool read_only = false;
  struct Item {
    std::int64_t value;
    std::string text;
  };
  std::vector<Item> items;  ///< of a menu
};

struct V4l2Device {
  std::string card;  ///< its own name
  std::string bus;   ///< where it is plugged in: `usb-0000:00:14.0-3`
  std::vector<V4l2Mode> modes;
  std::vector<V4l2Control> controls;
  bool captures = true;       ///< else a node for metadata, output or a codec
  bool controls_cut = false;  ///< the list of controls ended in an error: there may be more
};

/// Opens the device and asks, of a range of sizes for the rates at the one nearest to `wanted` too; also one that does
/// not capture. Worker thread: a driver may hang. Errors: missing, no permission, busy, gone while it was asked, no
/// V4L2 device, with what to do about each.
[[nodiscard]] Result<V4l2Device> ask_v4l2(const std::string& path, Size wanted = {});
/// The same of a node that is open.
class V4l2Node;
[[nodiscard]] Result<V4l2Device> read_v4l2(V4l2Node& node, const std::string& path, Size wanted);
/// `device`, or what to take where it is no camera.
[[nodiscard]] Result<V4l2Device> if_captures(const std::string& path, V4l2Device device);

/// One camera of this machine.
struct V4l2Found {
  std::string node;           ///< /dev/video0
  std::string by_id;          ///< /dev/v4l/by-id/usb-…-video-index0; empty where udev makes none (CSI, vivid)
  std::string card;           ///< its own name; known also when it does not open
  Result<V4l2Device> device;  ///< or why it does not open

  /// The name that stays when it is plugged in elsewhere, else the node.
  const std::string& path() const { return by_id.empty() ? node : by_id; }
};

/// `--camera 'front=v4l2:/dev/v4l/by-id/…'`, ready to paste: with a size and rate where the camera does not give those
/// that are wanted.
std::string paste_line(const V4l2Found& found, const std::string& name = "front", Size size = {1280, 720},
                       FrameRate fps = {30, 1});

}  // namespace bigfoot::media
