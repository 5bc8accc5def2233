#include "robot/devices_verb.hpp"

#include <cstdio>

#include <unistd.h>

#include "config/rows.hpp"
#include "media/devices.hpp"
#include "media/gst/pipeline.hpp"
#include "robot/devices_print.hpp"

namespace bigfoot::robot {
namespace {

constexpr const char* clear_line = "\r\x1b[K";

}  // namespace

config::Table devices_table(DevicesOptions& options) {
  config::Table table;
  table.add(config::toggle("json", "one JSON object, for programs (docs/encoders.md)", options.json))
      .add(config::size("size", "picture size to measure at", options.size))
      .add(config::frame_rate("fps", "frames a second to measure at", options.fps))
      .add(config::bitrate("bitrate", "bit rate to measure at", options.bitrate));
  return table;
}

int run_devices(const DevicesOptions& options) {
  if (const auto ready = media::gst::start(); !ready) {
    std::fprintf(stderr, "bigfoot devices: %s\n", ready.error().text().c_str());
    return 2;
  }
  const bool watched = isatty(STDERR_FILENO) != 0;
  GlibLoop loop;
  media::DevicesWanted wanted;
  wanted.size = options.size;
  wanted.fps = options.fps;
  wanted.bitrate = options.bitrate;
  const auto report = media::survey_devices(loop, wanted, [watched](const std::string& what) {
    if (watched) std::fprintf(stderr, "%strying %s …", clear_line, what.c_str());
  });
  if (watched) std::fputs(clear_line, stderr);
  std::fputs((options.json ? devices_json(report, wanted) : devices_text(report, wanted)).c_str(), stdout);
  return 0;
}

}  // namespace bigfoot::robot
