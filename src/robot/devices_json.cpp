#include <cstdio>

#include "protocol/json_writer.hpp"
#include "robot/devices_print.hpp"

namespace bigfoot::robot {
namespace {

using protocol::Object;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// A JSON list from what `write` makes of each.
template <class List, class Write>
std::string list(const List& items, Write write) {
  std::string text;
  for (const auto& item : items) (text += text.empty() ? "" : ",") += write(item);
  return "[" + text + "]";
}

std::string mode_json(const media::V4l2Mode& mode) {
  Object object;
  object.text("fourcc", mode.fourcc)
      .raw("width_px", std::to_string(mode.size.width))
      .raw("height_px", std::to_string(mode.size.height))
      .raw("fps", list(mode.rates, [](FrameRate rate) { return number(rate.fps()); }));
  return object.done();
}

std::string camera_json(const media::V4l2Found& camera, const media::DevicesWanted& wanted, std::size_t& pasted) {
  Object object;
  object.text("source", "v4l2").text("node", camera.node).text("path", camera.path()).text("card", camera.card);
  if (!camera.device) return object.text("why_not", camera.device.error().text()).done();
  return object.raw("modes", list(camera.device->modes, mode_json))
      .text("paste", media::paste_line(camera, pasted_name(pasted++), wanted.size, wanted.fps))
      .done();
}

std::string plugin_json(const media::PluginCamera& camera, std::size_t& pasted) {
  Object object;
  return object.text("source", media::to_string(camera.kind))
      .text("card", camera.card)
      .text("tested_on", "untested")
      .text("paste", media::paste_line(camera, pasted_name(pasted++)))
      .done();
}

std::string cameras_json(const media::DevicesReport& report, const media::DevicesWanted& wanted) {
  std::vector<std::string> all;
  std::size_t pasted = 0;
  for (const auto& camera : report.cameras) all.push_back(camera_json(camera, wanted, pasted));
  for (const auto& camera : report.plugin_cameras) all.push_back(plugin_json(camera, pasted));
  return list(all, [](const std::string& camera) { return camera; });
}

Object& add_report(Object& object, const media::CodecReport& report) {
  object.text("element", report.element)
      .text("state", media::to_string(report.standing))
      .text("tested_on", report.tested_on);
  if (!report.why_not.empty()) return object.text("why_not", report.why_not);
  return object.raw("cost_cores", number(report.cores)).raw("time_p50_ms", number(to_millis(report.time_p50)));
}

std::string encoder_json(const media::CodecReport& report) {
  Object object;
  add_report(object, report);
  if (report.why_not.empty()) object.raw("slices", std::to_string(report.slices));
  for (const auto& row : media::encoder_table()) {
    if (row.element != std::string_view(report.element)) continue;
    object.text("keyframe_by", media::to_string(row.keyframe))
        .raw("bitrate_costs_keyframe", row.bitrate_costs_keyframe ? "true" : "false")
        .text("live", row.live);
  }
  return object.done();
}

std::string decoders_json(const media::DevicesReport& report) {
  std::vector<std::pair<const char*, media::CodecReport>> all;
  for (const auto& decoder : report.h264_decoders) all.emplace_back("h264", decoder);
  for (const auto& decoder : report.h265_decoders) all.emplace_back("h265", decoder);
  for (const auto& decoder : report.jpeg_decoders) all.emplace_back("jpeg", decoder);
  return list(all, [](const auto& decoder) {
    Object object;
    object.text("codec", decoder.first);
    return add_report(object, decoder.second).done();
  });
}

}  // namespace

std::string devices_json(const media::DevicesReport& report, const media::DevicesWanted& wanted) {
  Object at;
  at.raw("width_px", std::to_string(wanted.size.width))
      .raw("height_px", std::to_string(wanted.size.height))
      .raw("fps", number(wanted.fps.fps()))
      .raw("bitrate_bps", std::to_string(wanted.bitrate.bps));
  Object object;
  return object.raw("version", "1")
             .raw("measured_at", at.done())
             .raw("cameras", cameras_json(report, wanted))
             .raw("encoders", list(report.encoders, encoder_json))
             .raw("decoders", decoders_json(report))
             .done() +
         "\n";
}

}  // namespace bigfoot::robot
