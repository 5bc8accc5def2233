#include "media/v4l2_node.hpp"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <optional>

#include "media/v4l2_format.hpp"
#include "media/v4l2_mode.hpp"

namespace bigfoot::media {
namespace {

constexpr std::uint32_t entries_max = 256;  // a driver that never ends its lists must not end us

template <std::size_t size>
std::string text_of(const std::uint8_t (&chars)[size]) {
  const auto* text = reinterpret_cast<const char*>(chars);
  std::string name(text, strnlen(text, size));
  // The hardware's own words: none of them steers a terminal.
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return name;
}

/// With bit 31, which says big endian: no format of ours has it.
std::string fourcc_text(std::uint32_t format) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(format >> shift & 0xff);
  return text;
}

Size size_of(std::uint32_t width, std::uint32_t height) {
  return {static_cast<int>(std::min(width, 16384u)), static_cast<int>(std::min(height, 16384u))};
}

/// The rate of an interval between two pictures.
std::optional<FrameRate> rate_of(v4l2_fract interval) {
  if (interval.numerator == 0 || interval.denominator == 0) return std::nullopt;
  const std::uint32_t common = std::gcd(interval.numerator, interval.denominator);
  std::uint32_t rate = interval.denominator / common, over = interval.numerator / common;
  while (rate > 0x7fffffff || over > 0x7fffffff) {
    rate >>= 1;
    over = std::max(1u, over >> 1);
  }
  return FrameRate{static_cast<int>(rate), static_cast<int>(over)};
}

/// Why a question was not answered: 0 at the end of a list (EINVAL) and where the driver does not know the question
/// (ENOTTY, ENODATA); else the device is gone. These lists need no answer of the hardware.
int if_gone(int failure) { return failure == ENODEV || failure == ENXIO || failure == EIO ? failure : 0; }

/// The way v4l2-ctl names a control: letters and digits, what is between them one underscore.
std::string name_of(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept)
      name += c;
    else if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c + ('a' - 'A'));
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

V4l2ControlKind kind_of(std::uint32_t type) {
  switch (type) {
    case V4L2_CTRL_TYPE_INTEGER:
    case V4L2_CTRL_TYPE_BITMASK: return V4l2ControlKind::number;
    case V4L2_CTRL_TYPE_BOOLEAN: return V4l2ControlKind::boolean;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU: return V4l2ControlKind::menu;
    default: return V4l2ControlKind::other;
  }
}

}  // namespace

V4l2Node::V4l2Node(const std::string& path)
    : fd_(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)),
      failure_(fd_ < 0 ? errno : 0),
      ask_([fd = fd_](unsigned long request, void* argument) {
        int result = 0;
        do result = ioctl(fd, request, argument);
        while (result < 0 && errno == EINTR);
        return result == 0;
      }) {}

V4l2Node::~V4l2Node() {
  if (fd_ >= 0) close(fd_);
}

int V4l2Node::read_identity(V4l2Device& device) {
  v4l2_capability capability{};
  if (!ask_(VIDIOC_QUERYCAP, &capability)) return errno;
  const std::uint32_t can =
      capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
  device.card = text_of(capability.card);
  device.bus = text_of(capability.bus_info);
  // IO_MC: its pictures flow only after media-ctl has set up a graph, as libcamera does (Pi 5).
  device.captures = (can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) != 0 &&
                    (can & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_IO_MC)) == 0;
  buffer_type_ = can & V4L2_CAP_VIDEO_CAPTURE ? V4L2_BUF_TYPE_VIDEO_CAPTURE : V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  return 0;
}

int V4l2Node::read_modes(V4l2Device& device, Size wanted) const {
  for (std::uint32_t index = 0; index < entries_max; ++index) {
    v4l2_fmtdesc entry{};
    entry.index = index;
    entry.type = buffer_type_;
    if (!ask_(VIDIOC_ENUM_FMT, &entry)) return if_gone(errno);
    if (!v4l2_format(fourcc_text(entry.pixelformat))) continue;
    if (const int gone = add_sizes(entry.pixelformat, wanted, device)) return gone;
  }
  return 0;
}

int V4l2Node::add_sizes(std::uint32_t format, Size wanted, V4l2Device& device) const {
  for (std::uint32_t index = 0; index < entries_max; ++index) {
    v4l2_frmsizeenum entry{};
    entry.index = index;
    entry.pixel_format = format;
    if (!ask_(VIDIOC_ENUM_FRAMESIZES, &entry)) {
      const int gone = if_gone(errno);
      return gone != 0 || index > 0 ? gone : add_set_size(format, device);
    }
    V4l2Mode mode;
    const bool range = entry.type != V4L2_FRMSIZE_TYPE_DISCRETE;
    if (!range) {
      mode.size = mode.size_min = size_of(entry.discrete.width, entry.discrete.height);
    } else {
      mode.size = size_of(entry.stepwise.max_width, entry.stepwise.max_height);
      mode.size_min = size_of(entry.stepwise.min_width, entry.stepwise.min_height);
      mode.step = size_of(std::max(1u, entry.stepwise.step_width), std::max(1u, entry.stepwise.step_height));
    }
    const int gone = add_mode(format, std::move(mode), wanted, device);
    if (gone != 0 || range) return gone;
  }
  return 0;
}

/// A driver need not list its sizes: what it is set to now is one that it has.
int V4l2Node::add_set_size(std::uint32_t format, V4l2Device& device) const {
  struct ::v4l2_format set {};
  set.type = buffer_type_;
  if (!ask_(VIDIOC_G_FMT, &set)) return if_gone(errno);
  const bool planes = buffer_type_ == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  const std::uint32_t now = planes ? set.fmt.pix_mp.pixelformat : set.fmt.pix.pixelformat;
  if (now != format) return 0;
  V4l2Mode mode;
  mode.size = mode.size_min =
      planes ? size_of(set.fmt.pix_mp.width, set.fmt.pix_mp.height) : size_of(set.fmt.pix.width, set.fmt.pix.height);
  return add_mode(format, std::move(mode), {}, device);
}

/// With its rates: a CSI bridge gives its largest size at 30 fps, and a smaller one at 60.
int V4l2Node::add_mode(std::uint32_t format, V4l2Mode mode, Size wanted, V4l2Device& device) const {
  mode.fourcc = fourcc_text(format);
  V4l2Rates largest{mode.size, {}};
  if (const int gone = read_rates(format, largest)) return gone;
  mode.rates = std::move(largest.rates);
  mode.any_rate_between = largest.any_rate_between;
  const auto near = nearest_size(mode, wanted);
  if (near && *near != mode.size) {
    V4l2Rates there{*near, {}};
    if (const int gone = read_rates(format, there)) return gone;
    mode.asked.push_back(std::move(there));
  }
  device.modes.push_back(std::move(mode));
  return 0;
}

int V4l2Node::read_rates(std::uint32_t format, V4l2Rates& at) const {
  const auto add = [&at](const v4l2_fract& interval) {
    const auto rate = rate_of(interval);
    if (rate && std::find(at.rates.begin(), at.rates.end(), *rate) == at.rates.end()) at.rates.push_back(*rate);
  };
  for (std::uint32_t index = 0; index < entries_max; ++index) {
    v4l2_frmivalenum entry{};
    entry.index = index;
    entry.pixel_format = format;
    entry.width = static_cast<std::uint32_t>(at.size.width);
    entry.height = static_cast<std::uint32_t>(at.size.height);
    if (!ask_(VIDIOC_ENUM_FRAMEINTERVALS, &entry)) {
      if (const int gone = if_gone(errno)) return gone;
      break;
    }
    at.any_rate_between = entry.type != V4L2_FRMIVAL_TYPE_DISCRETE;
    if (at.any_rate_between) {
      add(entry.stepwise.min);
      add(entry.stepwise.max);
      break;
    }
    add(entry.discrete);
  }
  std::sort(at.rates.begin(), at.rates.end(), [](FrameRate a, FrameRate b) { return a.fps() > b.fps(); });
  return 0;
}

int V4l2Node::read_controls(V4l2Device& device) const {
  std::uint32_t id = 0;
  for (std::uint32_t number = 0; number < entries_max; ++number) {
    v4l2_queryctrl entry{};
    entry.id = id | V4L2_CTRL_FLAG_NEXT_CTRL;
    if (!ask_(VIDIOC_QUERYCTRL, &entry)) {
      const int failure = errno;
      if (failure == ENODEV || failure == ENXIO) return failure;
      // Some cameras have one control that never answers (EIO, EPIPE): they give pictures all the same. One that is
      // being unplugged answers like that, too.
      device.controls_cut = failure != EINVAL && failure != ENOTTY;
      return device.controls_cut ? gone() : 0;
    }
    id = entry.id;
    if (entry.flags & V4L2_CTRL_FLAG_DISABLED) continue;
    V4l2Control control;
    control.kind = kind_of(entry.type);
    if (control.kind == V4l2ControlKind::other) continue;  // headings, buttons, texts
    control.id = entry.id;
    control.name = name_of(text_of(entry.name));
    const auto value_of = [bits = entry.type == V4L2_CTRL_TYPE_BITMASK](std::int32_t value) {
      return bits ? std::int64_t{static_cast<std::uint32_t>(value)} : std::int64_t{value};
    };
    control.min = value_of(entry.minimum);
    control.max = value_of(entry.maximum);
    control.step = std::max(1, entry.step);
    control.normal = value_of(entry.default_value);
    control.read_only = (entry.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0;
    v4l2_control now{};
    now.id = entry.id;
    control.value = ask_(VIDIOC_G_CTRL, &now) ? value_of(now.value) : control.normal;
    if (control.kind == V4l2ControlKind::menu) add_items(control);
    device.controls.push_back(std::move(control));
  }
  return 0;
}

void V4l2Node::add_items(V4l2Control& control) const {
  for (std::int64_t index = std::max<std::int64_t>(0, control.min); index <= control.max && index < entries_max;
       ++index) {
    v4l2_querymenu entry{};
    entry.id = control.id;
    entry.index = static_cast<std::uint32_t>(index);
    if (ask_(VIDIOC_QUERYMENU, &entry)) control.items.push_back({index, text_of(entry.name)});
  }
}

int V4l2Node::set_control(std::uint32_t id, std::int64_t value) const {
  v4l2_control control{};
  control.id = id;
  control.value = static_cast<std::int32_t>(value);
  return ask_(VIDIOC_S_CTRL, &control) ? 0 : errno;
}

/// Drivers answer this from memory; behind a device that was unplugged the kernel itself refuses it.
int V4l2Node::gone() const {
  v4l2_capability capability{};
  return ask_(VIDIOC_QUERYCAP, &capability) ? 0 : errno;
}

}  // namespace bigfoot::media
