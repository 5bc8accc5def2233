#include "media/video_sinks.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/nearest.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

bool is_path(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value == '/';
}

void leave_out(const char* sink) {
  if (const auto feature = gst::adopt(gst_registry_lookup_feature(gst_registry_get(), sink)))
    gst_plugin_feature_set_rank(feature.get(), GST_RANK_NONE);
}

}  // namespace

std::vector<std::string> video_sinks() {
  std::vector<std::string> names;
  const auto type = GST_ELEMENT_FACTORY_TYPE_SINK | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO;
  GList* found = gst_element_factory_list_get_elements(type, GST_RANK_NONE);
  for (const GList* each = found; each; each = each->next) names.emplace_back(GST_OBJECT_NAME(each->data));
  gst_plugin_feature_list_free(found);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> parse_display(const std::string& name) {
  if (name == no_sink || name == automatic_sink) return name;
  std::vector<std::string> known = video_sinks();
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  known.insert(known.begin(), {"auto", no_sink});
  std::string list;
  for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
  const std::string near = nearest(name, known);
  return fail("\"" + name.substr(0, 60) + "\" is no video sink that is installed",
              (near.empty() ? "" : "the nearest is " + near + "; ") + "there are " + list);
}

Error no_display(const std::string& why) {
  return {"no display: " + why,
          "is DISPLAY or WAYLAND_DISPLAY set, may this user use it, and is gstreamer1.0-x installed? --display none "
          "receives without one",
          Next::give_up};
}

void leave_out_useless_sinks(const Host& host) {
  leave_out("dfbvideosink");
  if (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || !host.has_node("/dev/dri/card*")) leave_out("kmssink");
  if (!is_path("XDG_RUNTIME_DIR") && !is_path("WAYLAND_DISPLAY")) leave_out("waylandsink");
  constexpr std::array gpus{"/dev/dri/renderD*", "/dev/nvidia[0-9]*", "/dev/nvhost-gpu"};
  if (std::none_of(gpus.begin(), gpus.end(), [&](const char* gpu) { return host.has_node(gpu); }))
    leave_out("glimagesink");
}

}  // namespace bigfoot::media
