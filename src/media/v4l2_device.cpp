#include "media/v4l2_device.hpp"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

namespace bigfoot::media {
namespace {

constexpr std::uint32_t raw_formats[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_UYVY,   V4L2_PIX_FMT_NV12,
                                         V4L2_PIX_FMT_NV21, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YVU420,
                                         V4L2_PIX_FMT_NV16, V4L2_PIX_FMT_YVYU};
constexpr std::uint32_t entries_max = 256;  // a driver that never ends its lists must not end us

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool ok() const { return fd_ >= 0; }
  bool ask(unsigned long request, void* argument) const {
    int result = 0;
    do result = ioctl(fd_, request, argument);
    while (result < 0 && errno == EINTR);
    return result == 0;
  }

 private:
  int fd_;
};

std::string fourcc_text(std::uint32_t format) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(format >> shift & 0x7f);
  return text;
}

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

double rate_of(const v4l2_fract& interval) {
  return interval.numerator ? static_cast<double>(interval.denominator) / interval.numerator : 0;
}

double fastest(const Descriptor& device, std::uint32_t format, Size size) {
  double best = 0;
  for (std::uint32_t index = 0; index < entries_max; ++index) {
    v4l2_frmivalenum entry{};
    entry.index = index;
    entry.pixel_format = format;
    entry.width = static_cast<std::uint32_t>(size.width);
    entry.height = static_cast<std::uint32_t>(size.height);
    if (!device.ask(VIDIOC_ENUM_FRAMEINTERVALS, &entry)) break;
    if (entry.type != V4L2_FRMIVAL_TYPE_DISCRETE) return rate_of(entry.stepwise.min);
    best = std::max(best, rate_of(entry.discrete));
  }
  return best;
}

Size size_of(std::uint32_t width, std::uint32_t height) {
  return {static_cast<int>(std::min(width, 16384u)), static_cast<int>(std::min(height, 16384u))};
}

void add_sizes(const Descriptor& device, std::uint32_t format, bool mjpeg, std::vector<V4l2Mode>& modes) {
  for (std::uint32_t index = 0; index < entries_max; ++index) {
    v4l2_frmsizeenum entry{};
    entry.index = index;
    entry.pixel_format = format;
    if (!device.ask(VIDIOC_ENUM_FRAMESIZES, &entry)) break;
    V4l2Mode mode{mjpeg, fourcc_text(format), {}, {}, 0};
    if (entry.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
      mode.size = mode.size_min = size_of(entry.discrete.width, entry.discrete.height);
    } else {
      mode.size = size_of(entry.stepwise.max_width, entry.stepwise.max_height);
      mode.size_min = size_of(entry.stepwise.min_width, entry.stepwise.min_height);
    }
    mode.fps_max = fastest(device, format, mode.size);
    modes.push_back(mode);
    if (entry.type != V4L2_FRMSIZE_TYPE_DISCRETE) break;
  }
}

std::string offers(const V4l2Device& device) {
  std::set<std::string> seen;
  std::string list;
  for (const auto& mode : device.modes) {
    char text[64];
    std::snprintf(text, sizeof text, "%s at %.4g fps (%s)", mode.size.text().c_str(), mode.fps_max,
                  mode.mjpeg ? "mjpeg" : "raw");
    if (!seen.insert(text).second || seen.size() > 12) continue;
    list += (list.empty() ? "" : ", ") + std::string(text);
  }
  return list;
}

bool reaches(const V4l2Mode& mode, Size size, FrameRate fps) {
  const bool fits = size.width >= mode.size_min.width && size.width <= mode.size.width &&
                    size.height >= mode.size_min.height && size.height <= mode.size.height;
  return fits && (mode.fps_max == 0 || mode.fps_max >= fps.fps() * 0.99);  // 0: the driver does not say
}

}  // namespace

Result<V4l2Device> inspect_v4l2(const std::string& path) {
  const Descriptor file(path);
  if (!file.ok()) return refused(path, errno);
  v4l2_capability capability{};
  if (!file.ask(VIDIOC_QUERYCAP, &capability))
    return fail(path + " is not a V4L2 device", "`ls /dev/v4l/by-id` shows the cameras");
  const std::uint32_t can =
      capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
  V4l2Device device{std::string(reinterpret_cast<const char*>(capability.card),
                                strnlen(reinterpret_cast<const char*>(capability.card), sizeof capability.card)),
                    {},
                    false};
  if (!(can & V4L2_CAP_VIDEO_CAPTURE))
    return fail(path + " (" + device.card + ") gives no pictures",
                "a USB camera has several nodes: take the one that ends in video-index0 under /dev/v4l/by-id");
  for (std::uint32_t index = 0; index < entries_max; ++index) {
    v4l2_fmtdesc entry{};
    entry.index = index;
    entry.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (!file.ask(VIDIOC_ENUM_FMT, &entry)) break;
    const bool mjpeg = entry.pixelformat == V4L2_PIX_FMT_MJPEG || entry.pixelformat == V4L2_PIX_FMT_JPEG;
    if (mjpeg || std::find(std::begin(raw_formats), std::end(raw_formats), entry.pixelformat) != std::end(raw_formats))
      add_sizes(file, entry.pixelformat, mjpeg, device.modes);
  }
  v4l2_queryctrl control{};
  control.id = V4L2_CID_EXPOSURE_AUTO_PRIORITY;  // named exposure_dynamic_framerate
  device.has_dynamic_framerate = file.ask(VIDIOC_QUERYCTRL, &control) && !(control.flags & V4L2_CTRL_FLAG_DISABLED);
  return device;
}

Result<V4l2Mode> choose_v4l2_mode(const V4l2Device& device, V4l2Format format, Size size, FrameRate fps) {
  for (const bool mjpeg : {false, true}) {
    if (format == (mjpeg ? V4l2Format::raw : V4l2Format::mjpeg)) continue;
    for (const auto& mode : device.modes)
      if (mode.mjpeg == mjpeg && reaches(mode, size, fps)) return mode;
  }
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "%s at %.4g fps", size.text().c_str(), fps.fps());
  const std::string kind = format == V4l2Format::automatic ? "" : std::string(" as ") + to_string(format);
  const std::string list = offers(device);
  return fail(device.card + " does not give " + wanted + kind,
              list.empty() ? "it offers neither raw nor MJPEG pictures"
                           : "it offers " + list + ": set size and fps to one of these");
}

}  // namespace bigfoot::media
