#include "media/plugin_cameras.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include <gst/gst.h>

#include "media/gst/handle.hpp"

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;

constexpr int modules_max = 16;

/// libcamera names a UVC camera by its path, and vendor and product behind it: `…-7:1.0-046d:082d`.
bool on_usb(const std::string& id) {
  constexpr std::size_t tail = std::char_traits<char>::length("-046d:082d");
  if (id.size() < tail) return false;
  const std::string end = id.substr(id.size() - tail);
  const auto hex = [&end](std::size_t from) {
    return std::all_of(end.begin() + static_cast<std::ptrdiff_t>(from),
                       end.begin() + static_cast<std::ptrdiff_t>(from + 4),
                       [](unsigned char c) { return std::isxdigit(c) != 0; });
  };
  return end[0] == '-' && hex(1) && end[5] == ':' && hex(6);
}

std::string text_of(char* text) {
  std::string copy = text ? text : "";
  g_free(text);
  return copy;
}

/// A string of the device tree, which ends in a zero byte.
std::string property(const fs::path& file) {
  std::ifstream in(file);
  std::string text;
  std::getline(in, text, '\0');
  return text;
}

}  // namespace

std::vector<PluginCamera> list_libcamera(const PluginPlaces& places) {
  const auto factory = gst::adopt(gst_device_provider_factory_find(places.libcamera_provider));
  if (!factory) return {};
  const auto provider = gst::adopt(gst_device_provider_factory_get(factory.get()));
  if (!provider) return {};
  std::vector<PluginCamera> cameras;
  GList* devices = gst_device_provider_get_devices(provider.get());
  for (const GList* at = devices; at; at = at->next) {
    // Its display name is what libcamerasrc takes as camera-name.
    const std::string id = text_of(gst_device_get_display_name(GST_DEVICE(at->data)));
    if (!id.empty() && !on_usb(id)) cameras.push_back({SourceKind::libcamera, id, fs::path(id).filename()});
  }
  g_list_free_full(devices, gst_object_unref);
  return cameras;
}

std::vector<PluginCamera> list_argus(const PluginPlaces& places) {
  if (!gst::adopt(gst_element_factory_find(places.argus_element))) return {};
  std::vector<PluginCamera> cameras;
  for (int number = 0; number < modules_max; ++number) {
    const fs::path module = fs::path(places.argus_modules) / ("module" + std::to_string(number));
    std::error_code missing;
    if (!fs::exists(module, missing)) break;
    const std::string status = property(module / "status");
    if (!status.empty() && status != "okay" && status != "ok") continue;
    cameras.push_back({SourceKind::argus, std::to_string(cameras.size()), property(module / "badge")});
  }
  return cameras;
}

std::string paste_line(const PluginCamera& camera, const std::string& name) {
  SourceUri uri;
  uri.kind = camera.kind;
  uri.target = camera.target;
  return "--camera '" + name + "=" + source_text(uri) + "'";
}

}  // namespace bigfoot::media
