#include "robot/status.hpp"

#include <cmath>
#include <cstdio>

#include "base/cut_utf8.hpp"
#include "base/text_sign.hpp"
#include "protocol/json_writer.hpp"

namespace bigfoot::robot {
namespace {

using protocol::Object;

constexpr std::size_t shown_max = 400;  // a path below /dev/v4l/by-id is 80 long, and what is wrong with it longer
constexpr std::size_t client_shown_max = 60;  // a viewer says of itself what it likes

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

template <class List, class Write>
std::string list(const List& items, Write write) {
  std::string text;
  for (const auto& item : items) (text += text.empty() ? "" : ",") += write(item);
  return "[" + text + "]";
}

std::string recovery_json(const std::optional<Recovery>& recovery, Timestamp now) {
  if (!recovery) return "null";
  return Object()
      .raw("took_s", number(to_seconds(recovery->took)))
      .raw("ago_s", number(to_seconds(now - recovery->at)))
      .done();
}

std::string camera_json(const CameraStatus& camera, Timestamp now) {
  return Object()
      .text("name", camera.name)
      .text("source", camera.source)
      .text("state", camera.state)
      .text("trouble", camera.trouble)
      .raw("width_px", std::to_string(camera.size.width))
      .raw("height_px", std::to_string(camera.size.height))
      .raw("fps", number(camera.fps.fps()))
      .raw("passed_through", camera.passed_through ? "true" : "false")
      .text("encoder", camera.encoder)
      .raw("target_bps", std::to_string(camera.target.bps))
      .raw("captured_fps", number(camera.captured_fps))
      .raw("encoded_fps", number(camera.encoded_fps))
      .raw("encoded_bps", std::to_string(camera.encoded.bps))
      .raw("encode_p50_ms", number(to_millis(camera.encode_p50)))
      .raw("viewers", std::to_string(camera.viewers))
      .raw("last_recovery", recovery_json(camera.last_recovery, now))
      .done();
}

std::string pair_json(const std::optional<transport::PathInfo>& pair) {
  if (!pair) return "null";
  return Object()
      .text("local", pair->local)
      .text("local_type", pair->local_type)
      .text("remote", pair->remote)
      .text("remote_type", pair->remote_type)
      .raw("generation", std::to_string(pair->generation))
      .done();
}

std::string viewer_json(const ViewerStatus& viewer, Timestamp now) {
  return Object()
      .text("session", viewer.session)
      .text("state", viewer.state)
      .text("client", viewer.client)
      .raw("cameras", protocol::quoted(viewer.cameras))
      .raw("pair", pair_json(viewer.pair))
      .raw("rtt_ms", viewer.rtt ? number(to_millis(*viewer.rtt)) : "null")
      .raw("loss_ratio", number(viewer.loss_ratio))
      .raw("sent_bps", std::to_string(viewer.sent.bps))
      .raw("age_s", number(to_seconds(now - viewer.since)))
      .raw("last_recovery", recovery_json(viewer.last_recovery, now))
      .done();
}

std::string span_text(Nanos span) {
  const double seconds = to_seconds(span);
  char text[32];
  if (seconds < 120)
    std::snprintf(text, sizeof text, "%.*f s", seconds < 10 ? 1 : 0, seconds);
  else if (seconds < 7200)
    std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
  else
    std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
  return text;
}

std::string rate_text(Bitrate rate) {
  char text[32];
  if (rate.bps >= 1'000'000)
    std::snprintf(text, sizeof text, "%.1f Mbit/s", static_cast<double>(rate.bps) / 1e6);
  else
    std::snprintf(text, sizeof text, "%.0f kbit/s", static_cast<double>(rate.bps) / 1e3);
  return text;
}

std::string recovery_text(const std::optional<Recovery>& recovery, Timestamp now) {
  if (!recovery) return "";
  return ", back since " + span_text(now - recovery->at) + " after " + span_text(recovery->took);
}

std::string plain(const std::string& text, std::size_t max = shown_max) {
  const std::string cut = cut_utf8(text, max);
  std::string out;
  for (std::size_t at = 0; at < cut.size();) {
    const TextSign sign = sign_at(cut, at);
    out += harmless(sign) ? cut.substr(at, sign.bytes) : "?";
    at += sign.bytes;
  }
  return out;
}

std::string camera_text(const CameraStatus& camera, Timestamp now) {
  std::string text = "  camera " + camera.name + ": " + camera.state;
  if (!camera.trouble.empty()) text += " (" + plain(camera.trouble) + ")";
  text += recovery_text(camera.last_recovery, now) + "\n    " + plain(camera.source) + ", " + camera.size.text() +
          " at " + number(camera.fps.fps()) + " fps, captured " + number(std::round(camera.captured_fps)) + "\n    ";
  if (camera.passed_through)
    text += "its own H.264 is passed through, ";
  else
    text += (camera.encoder.empty() ? std::string("no encoder yet") : camera.encoder) + ", asked for " +
            rate_text(camera.target) + ", ";
  if (camera.viewers == 0) return text + "nobody looks\n";
  return text + "gives " + rate_text(camera.encoded) + " and " + number(std::round(camera.encoded_fps)) + " fps, " +
         (camera.passed_through
              ? ""
              : "encodes in " + number(std::round(to_millis(camera.encode_p50) * 10) / 10) + " ms, ") +
         std::to_string(camera.viewers) + (camera.viewers == 1 ? " viewer\n" : " viewers\n");
}

std::string viewer_text(const ViewerStatus& viewer, Timestamp now) {
  std::string cameras;
  for (const std::string& camera : viewer.cameras) cameras += (cameras.empty() ? "" : ", ") + camera;
  std::string text = "  viewer " + plain(viewer.session) + ": " + viewer.state + " for " +
                     span_text(now - viewer.since) + recovery_text(viewer.last_recovery, now) + "\n    " +
                     (cameras.empty() ? "looks at nothing" : "looks at " + cameras) + ", " + rate_text(viewer.sent);
  if (viewer.rtt) text += ", RTT " + number(std::round(to_millis(*viewer.rtt) * 10) / 10) + " ms";
  text += ", " + number(std::round(viewer.loss_ratio * 1000) / 10) + " % lost\n";
  if (viewer.pair)
    text += "    " + viewer.pair->local_type + " " + viewer.pair->local + " to " + viewer.pair->remote_type + " " +
            viewer.pair->remote + "\n";
  if (!viewer.client.empty()) text += "    " + plain(viewer.client, client_shown_max) + "\n";
  return text;
}

}  // namespace

std::string status_json(const RobotStatus& status) {
  return Object()
             .text("robot", status.name)
             .text("version", status.version)
             .raw("uptime_s", number(to_seconds(status.now - status.started)))
             .raw("server",
                  Object().raw("online", status.at_server ? "true" : "false").text("state", status.server).done())
             .raw("cameras", list(status.cameras, [&](const auto& each) { return camera_json(each, status.now); }))
             .raw("viewers", list(status.viewers, [&](const auto& each) { return viewer_json(each, status.now); }))
             .done() +
         "\n";
}

std::string status_text(const RobotStatus& status) {
  std::string text = status.name + ": bigfoot " + status.version + ", up for " +
                     span_text(status.now - status.started) + "\n  server: " + plain(status.server) + "\n";
  for (const CameraStatus& camera : status.cameras) text += camera_text(camera, status.now);
  for (const ViewerStatus& viewer : status.viewers) text += viewer_text(viewer, status.now);
  if (status.viewers.empty()) text += "  no viewer\n";
  return text;
}

}  // namespace bigfoot::robot
