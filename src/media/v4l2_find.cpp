#include "media/v4l2_find.hpp"

#include <algorithm>
#include <cctype>

namespace bigfoot::media {
namespace {

constexpr std::size_t listed_max = 8;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string list_of(const std::vector<const V4l2Found*>& cameras) {
  std::string list;
  for (std::size_t i = 0; i < cameras.size() && i < listed_max; ++i)
    list += (list.empty() ? "" : " · ") + ("v4l2:" + cameras[i]->path()) + " (" + cameras[i]->card + ")";
  return list;
}

std::string bus_of(const V4l2Found& camera) { return camera.device ? camera.device->bus : std::string(); }

/// One camera often has several nodes: they stand on one bus under one name.
bool same_camera(const std::vector<const V4l2Found*>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [&](const V4l2Found* node) {
    return !bus_of(*node).empty() && bus_of(*node) == bus_of(*nodes.front()) && node->card == nodes.front()->card;
  });
}

std::vector<const V4l2Found*> matches(const std::vector<V4l2Found>& cameras, const std::string& card) {
  std::vector<const V4l2Found*> exact, prefix;
  for (const auto& camera : cameras) {
    const std::string name = lower(camera.card);
    if (name == lower(card)) exact.push_back(&camera);
    if (name.starts_with(lower(card))) prefix.push_back(&camera);
  }
  return exact.empty() ? prefix : exact;
}

}  // namespace

Result<V4l2Found> pick_v4l2(const std::vector<V4l2Found>& cameras, const std::string& card) {
  if (cameras.empty())
    return fail("there is no camera", "is it plugged in? `ls /dev/v4l/by-id` shows what is", Next::restart_pipeline);
  const auto found = matches(cameras, card);
  std::vector<const V4l2Found*> all;
  all.reserve(cameras.size());
  for (const auto& camera : cameras) all.push_back(&camera);
  if (found.empty())
    return fail("there is no camera named \"" + card + "\"", "there are " + list_of(all), Next::restart_pipeline);
  if (found.size() == 1 || same_camera(found)) {
    // One camera, several nodes: depth, infrared, colour. What gives no picture that we know is not meant.
    const auto usable = std::find_if(
        found.begin(), found.end(), [](const V4l2Found* node) { return node->device && !node->device->modes.empty(); });
    return *(usable == found.end() ? found.front() : *usable);
  }
  const std::string what = std::to_string(found.size()) + " cameras are there" +
                           (card.empty() ? "" : " whose name begins with \"" + card + "\"");
  return fail(what, "say which: " + list_of(found), Next::restart_pipeline);
}

}  // namespace bigfoot::media
