#include "media/v4l2_device.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "media/v4l2_format.hpp"
#include "media/v4l2_mode.hpp"
#include "media/v4l2_node.hpp"

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;

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

Result<V4l2Device> ask_v4l2(const std::string& path, Size wanted) {
  V4l2Node node(path);
  if (!node.ok()) return refused(path, node.failure());
  return describe_v4l2(node, path, wanted);
}

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<int> number_of(const std::string& name) {
  if (!name.starts_with("video")) return std::nullopt;
  int number = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + 5, end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

std::map<int, fs::path> nodes_in(const fs::path& folder) {
  std::map<int, fs::path> nodes;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (const auto number = number_of(entry.path().filename())) nodes.emplace(*number, entry.path());
  return nodes;
}

/// Node → the first of its lasting names.
std::map<fs::path, std::string> lasting_names(const fs::path& folder) {
  std::map<fs::path, std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    std::error_code broken;
    const auto node = fs::canonical(entry.path(), broken);
    if (broken) continue;
    std::string& name = names[node];
    if (name.empty() || entry.path().string() < name) name = entry.path();
  }
  return names;
}

}  // namespace

Result<V4l2Device> describe_v4l2(V4l2Node& node, const std::string& path, Size wanted) {
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

Result<V4l2Device> inspect_v4l2(const std::string& path, Size wanted) {
  auto device = ask_v4l2(path, wanted);
  if (device && !device->captures)
    return fail(path + " (" + device->card + ") gives no pictures",
                "a USB camera has several nodes: take the one that ends in video-index0 under /dev/v4l/by-id");
  return device;
}

std::vector<V4l2Found> list_v4l2(const V4l2Places& places) {
  const auto names = lasting_names(fs::path(places.dev) / "v4l/by-id");
  std::vector<V4l2Found> found;
  for (const auto& [number, node] : nodes_in(places.dev)) {
    const fs::path about = fs::path(places.sys) / node.filename();
    auto device = places.inspect ? places.inspect(node) : ask_v4l2(node, places.wanted);
    if (device && !device->captures) continue;
    // One that does not open does not say what it is: the first node of a device is its pictures, the others are not.
    if (!device && first_line(about / "index") != "0" && fs::exists(about / "index")) continue;
    std::error_code broken;
    const auto by_id = names.find(fs::canonical(node, broken));
    const std::string card = device ? device->card : first_line(about / "name");
    found.push_back({node, by_id == names.end() ? "" : by_id->second, card, std::move(device)});
  }
  return found;
}

std::string paste_line(const V4l2Found& found, const std::string& name, Size size, FrameRate fps) {
  std::string uri = "v4l2:" + found.path();
  if (found.device) {
    const V4l2Wanted wanted{found.path(), "auto", size, fps};
    const auto offers = v4l2_offers(*found.device, wanted);
    if (!choose_v4l2_mode(*found.device, wanted) && !offers.empty()) {
      const auto& best = offers.front();
      uri += "?size=" + best.size.text() + "&fps=" + rate_uri_text(rate_to_ask(best, fps));
      const auto* row = v4l2_format(best.fourcc);
      if (row && row->kind == V4l2Kind::h264) uri += "&format=h264";  // taken only when asked for
    }
  }
  return "--camera '" + name + "=" + uri + "'";
}

}  // namespace bigfoot::media
