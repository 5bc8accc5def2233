#pragma once
// The cameras that GStreamer reaches by a plugin of their own: libcamera (Raspberry Pi), Argus (Jetson). Listed where
// the plugin is installed; untested on hardware.

#include <string>
#include <vector>

#include "media/source_uri.hpp"

namespace bigfoot::media {

struct PluginCamera {
  SourceKind kind = SourceKind::libcamera;
  std::string target;  ///< what stands behind `libcamera:` or `argus:`
  std::string card;    ///< its own name
};

/// Where they are looked for; tests bring their own.
struct PluginPlaces {
  const char* libcamera_provider = "libcameraprovider";  ///< a GstDeviceProvider
  const char* argus_element = "nvarguscamerasrc";
  std::string argus_modules = "/proc/device-tree/tegra-camera-platform/modules";
};

/// Those that libcamera finds, but not what it finds on USB: V4L2 has those too. Empty where its plugin is not
/// installed. Worker thread: it asks drivers.
[[nodiscard]] std::vector<PluginCamera> list_libcamera(const PluginPlaces& places = {});
/// The modules that a Jetson's device tree names, in its order. Empty where the plugin is not installed.
[[nodiscard]] std::vector<PluginCamera> list_argus(const PluginPlaces& places = {});

/// `--camera 'front=libcamera:…'`, ready to paste.
std::string paste_line(const PluginCamera& camera, const std::string& name = "front");

}  // namespace bigfoot::media
