#pragma once
// What this machine has to see, encode and decode with, each thing asked or tried: the data behind `bigfoot devices`.

#include <functional>
#include <string>
#include <vector>

#include "base/glib_loop.hpp"
#include "media/decoder_table.hpp"
#include "media/encoder_table.hpp"
#include "media/plugin_cameras.hpp"
#include "media/v4l2_cameras.hpp"

namespace bigfoot::media {

/// `chosen`: what `auto` takes. `absent`: not on this machine; `failed`: it is, and its trial said why not; `untried`:
/// it is, and there was nothing to try it with.
enum class Standing { chosen, works, failed, untried, absent };
const char* to_string(Standing standing);

/// A row of the encoder or decoder table, as it does here.
struct CodecReport {
  const char* element = "";
  const char* tested_on = "";
  Standing standing = Standing::absent;
  std::string why_not = {};  ///< of those that neither are chosen nor work
  double cores = 0;          ///< of processor, at the wanted size and rate; of those that work
  Nanos time_p50{0};         ///< from a picture to its access unit or back
  int slices = 1;            ///< a picture; encoders
};

struct DevicesReport {
  std::vector<PluginCamera> plugin_cameras = {};  ///< of libcamera and Argus
  std::string plugin_fault = {};                  ///< why libcamera's could not be asked
  std::vector<V4l2Found> cameras;                 ///< one whose driver hangs with that as the reason
  std::vector<CodecReport> encoders, h264_decoders, h265_decoders, jpeg_decoders;
};

/// What to measure at, and where to look; tests bring their own host and places.
struct DevicesWanted {
  Size size{1280, 720};
  FrameRate fps{30, 1};
  Bitrate bitrate{2'500'000};
  Host* host = nullptr;  ///< nullptr: this machine
  V4l2Places places = {};
  PluginPlaces plugins = {};
  Nanos cameras_at_most = 10s;
};

/// Asks every camera, all at once, and tries every row that is here, one after the other, each in a thread of its own
/// with a deadline: a driver that hangs is reported as failed. `progress` is told what comes next. Takes 0.2 s of
/// processor and more a row. GStreamer must have been started. Loop thread.
DevicesReport survey_devices(GlibLoop& loop, const DevicesWanted& wanted,
                             const std::function<void(const std::string&)>& progress);

}  // namespace bigfoot::media
