#include "robot/options.hpp"

#include <algorithm>
#include <charconv>

#include "media/encoder_table.hpp"
#include "media/source_uri.hpp"
#include "sdp/negotiated.hpp"
#include "signaling/url.hpp"
#include "transport/ice_server.hpp"

namespace bigfoot::robot {
namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

/// `front=test:` → front, test:. Without a name: the first letters before ':' are a scheme, not a name.
CameraOption split_camera(const std::string& text) {
  const auto equals = text.find('=');
  const auto colon = text.find(':');
  if (equals == std::string::npos || (colon != std::string::npos && colon < equals)) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Result<CameraOption> read_camera(const std::string& text) {
  CameraOption camera = split_camera(text);
  if (camera.source.empty())
    return fail("\"" + text + "\" names no source", "write it like front=v4l2:/dev/video0 or test:");
  if (!camera.name.empty() && !is_name(camera.name))
    return fail("\"" + camera.name + "\" is not a camera name", "use letters, digits, - _ . (at most 64)");
  if (const auto source = media::parse_source_uri(camera.source); !source) return tl::unexpected<Error>(source.error());
  return camera;
}

std::string show_camera(const CameraOption& camera) {
  return (camera.name.empty() ? "" : camera.name + "=") + camera.source;
}

Result<std::string> read_encoder(const std::string& name) {
  if (const auto known = media::encoder_candidates(name); !known) return tl::unexpected<Error>(known.error());
  return name;
}

Result<std::string> read_server(const std::string& url) {
  if (const auto good = signaling::parse_server_url(url); !good) return tl::unexpected<Error>(good.error());
  return url;
}

Result<transport::PortRange> read_ports(const std::string& text) {
  const auto dash = text.find('-');
  transport::PortRange range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  const auto last = dash == std::string::npos ? first : std::from_chars(text.data() + dash + 1, end, range.last);
  if (first.ec != std::errc() || last.ec != std::errc() || last.ptr != end || dash == std::string::npos ||
      range.first < 1024 || range.last < range.first)
    return fail("\"" + text + "\" is not a port range", "write it like 50000-50100, from 1024 up");
  return range;
}

std::string show_ports(transport::PortRange range) {
  return range.first == 0 ? std::string() : std::to_string(range.first) + "-" + std::to_string(range.last);
}

/// turn:user:secret@host:port?transport=udp → url without the user part, user, secret. The user of coturn's REST scheme
/// holds a colon (1700000000:rover-7); no fault repeats the secret.
Result<transport::IceServer> read_ice_server(const std::string& text) {
  const auto colon = text.find(':');
  const std::string scheme = text.substr(0, colon);
  if (colon == std::string::npos || (scheme != "stun" && scheme != "turn"))
    return fail("\"" + scheme + "…\" is not a STUN or TURN URL", "write stun:HOST:PORT or turn:USER:SECRET@HOST:PORT");
  transport::IceServer server{text, "", ""};
  const auto at = text.rfind('@');
  if (at != std::string::npos) {
    const std::string user = text.substr(colon + 1, at - colon - 1);
    const auto split = user.rfind(':');
    server = {scheme + ":" + text.substr(at + 1), user.substr(0, split),
              split == std::string::npos ? "" : user.substr(split + 1)};
  }
  if (scheme == "turn" && (server.username.empty() || server.credential.empty()))
    return fail("\"" + server.url + "\" has no user or no secret", "TURN needs turn:USER:SECRET@HOST:PORT");
  if (const auto usable = transport::parse_ice_server(server); !usable) return tl::unexpected<Error>(usable.error());
  return server;
}

bool on_loopback(const std::string& url) {
  const auto server = signaling::parse_server_url(url);
  return server && (server->host.starts_with("127.") || server->host == "localhost" || server->host == "::1");
}

std::string itself(const std::string& text) { return text; }

}  // namespace

config::Table robot_table(RobotOptions& options) {
  config::Table table;
  table
      .add(config::several("server", "URL",
                           "signaling server: ws, wss, http or https (repeatable: the first that answers)",
                           options.servers, read_server, itself))
      .add(config::text("name", "NAME", "the robot's name [the host's name]", options.name))
      .add(config::several("camera", "[NAME=]URI",
                           "a camera: test: · v4l2:/dev/video0 · file:/path · gst:LAUNCH TEXT (repeatable)",
                           options.cameras, read_camera, show_camera))
      .add(config::size("size", "picture size of the cameras", options.size))
      .add(config::frame_rate("fps", "frames a second", options.fps))
      .add(config::single("encoder", "NAME",
                          "auto, a name that `bigfoot devices` shows, or gst:LAUNCH TEXT from raw to H.264",
                          options.encoder, read_encoder, itself))
      .add(config::bitrate("bitrate", "video bit rate of each camera", options.bitrate))
      .add(config::whole("max-viewers", "N", "viewers at once", options.max_viewers, 1, 1000))
      .add(config::listen_address("metrics", "serve Prometheus metrics there", options.metrics))
      .add(config::several("ice-server", "URL",
                           "stun:HOST:PORT or turn:USER:SECRET@HOST:PORT[?transport=udp|tcp] (repeatable)",
                           options.ice.servers, read_ice_server,
                           [](const transport::IceServer& server) { return server.url; }))  // never the secret
      .add(config::list("ice-interface", "NAME", "only these network interfaces (repeatable)", options.ice.interfaces))
      .add(config::list("ice-exclude", "NAME", "never these network interfaces (repeatable)", options.ice.exclude))
      .add(config::single("ice-ports", "FIRST-LAST", "UDP ports for media, like 50000-50100", options.ice.ports,
                          read_ports, show_ports))
      .add(config::choice<bool>("ice-policy", "relay: only through TURN", options.ice.relay_only,
                                {{"all", false}, {"relay", true}}))
      .add(config::toggle("ice-qos", "mark media packets DSCP AF41", options.ice.mark_packets))
      .add(config::choice<LogLevel>(
          "log-level", "least level that is written", options.log_level,
          {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}}))
      .add(config::choice<LogFormat>("log-format", "text for people, json for machines", options.log_format,
                                     {{"text", LogFormat::text}, {"json", LogFormat::json}}));
  return table;
}

std::vector<config::Fault> complete(RobotOptions& options, const std::string& host_name) {
  std::vector<config::Fault> faults;
  if (options.name.empty()) options.name = is_name(host_name) ? host_name : "robot";
  if (!is_name(options.name))
    faults.push_back(
        {"--name", "\"" + options.name + "\" is not a robot name", "use letters, digits, - _ . (at most 64)"});
  if (options.cameras.empty()) options.cameras.push_back({"", "test:"});
  int number = 0;
  for (CameraOption& camera : options.cameras) {
    ++number;
    if (camera.name.empty()) camera.name = options.cameras.size() == 1 ? "camera" : "camera" + std::to_string(number);
  }
  if (options.cameras.size() > sdp::tracks_max)
    faults.push_back({"--camera", std::to_string(options.cameras.size()) + " cameras are more than one session carries",
                      "give at most " + std::to_string(sdp::tracks_max)});
  for (std::size_t i = 0; i < options.cameras.size(); ++i)
    for (std::size_t j = i + 1; j < options.cameras.size(); ++j)
      if (options.cameras[i].name == options.cameras[j].name)
        faults.push_back({"--camera", "two cameras are named \"" + options.cameras[i].name + "\"",
                          "give each its own name: front=URI, rear=URI"});
  options.ice.loopback = std::any_of(options.servers.begin(), options.servers.end(), on_loopback);
  return faults;
}

}  // namespace bigfoot::robot
