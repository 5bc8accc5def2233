#include "media/v4l2_device.hpp"

#include <cerrno>
#include <cstring>

#include "media/v4l2_format.hpp"
#include "media/v4l2_mode.hpp"
#include "media/v4l2_node.hpp"

namespace bigfoot::media {
namespace {

tl::unexpected<Error> refused(const std::string& path, int code) {
  const std::string what = path + " does not open: " + std::strerror(code);
  switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return fail(what, "is the camera plugged in? `ls /dev/v4l/by-id` shows what is", Next::restart_pipeline);
    case EACCES:
    case EPERM:
      return fail(what, "add this user to the group video, or give the container the device", Next::restart_pipeline);
    case EBUSY:
      return fail(what, "another program uses the camera: `fuser " + path + "` names it", Next::restart_pipeline);
    default: return fail(what, "try another port or cable", Next::restart_pipeline);
  }
}

}  // namespace

Result<V4l2Device> read_v4l2(V4l2Node& node, const std::string& path, Size wanted) {
  V4l2Device device;
  const int failure = node.read_identity(device);
  if (failure == ENOTTY || failure == EINVAL)
    return fail(path + " is not a V4L2 device", "`ls /dev/v4l/by-id` shows the cameras");
  if (failure != 0) return refused(path, failure);
  if (!device.captures) return device;
  if (const int gone = node.read_modes(device, wanted)) return refused(path, gone);
  if (const int gone = node.read_controls(device)) return refused(path, gone);
  return device;
}

Result<V4l2Device> ask_v4l2(const std::string& path, Size wanted) {
  V4l2Node node(path);
  if (!node.ok()) return refused(path, node.failure());
  return read_v4l2(node, path, wanted);
}

Result<V4l2Device> if_captures(const std::string& path, V4l2Device device) {
  if (device.captures) return device;
  return fail(path + " (" + device.card + ") gives no pictures",
              "a USB camera has several nodes: take the one that ends in video-index0 under /dev/v4l/by-id");
}

std::string paste_line(const V4l2Found& found, const std::string& name, Size size, FrameRate fps) {
  std::string uri = "v4l2:" + found.path();
  if (found.device) {
    const V4l2Wanted wanted{found.path(), "auto", size, fps};
    const auto offers = v4l2_offers(*found.device, wanted);
    if (!choose_v4l2_mode(*found.device, wanted) && !offers.empty()) {
      const auto& best = offers.front();
      uri += "?size=" + best.size.text() + "&fps=" + rate_to_ask(best, fps).text();
    }
  }
  return "--camera '" + name + "=" + uri + "'";
}

}  // namespace bigfoot::media
