#include "robot/options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <utility>

#include "base/duration.hpp"
#include "config/ice_entry.hpp"
#include "config/rows.hpp"
#include "h264/level.hpp"
#include "media/source_uri.hpp"
#include "sdp/negotiated.hpp"
#include "signaling/url.hpp"
#include "transport/ice_server.hpp"
#include "transport/port_range.hpp"

namespace bigfoot::robot {
namespace {

Result<std::string> read_robot_name(const std::string& name) { return read_name(name, "robot"); }

std::string source_key(const CameraOption& camera) { return "cameras." + camera.settings.name + ".source"; }

/// What the camera's own URI says, else the camera's key, else the key of all cameras.
template <class T>
void settle(CameraOption& camera, const std::string& key, T& place, const T& of_all, const std::optional<T>& in_uri,
            std::vector<config::Fault>& faults) {
  config::Origin& origin = camera.origins[key];
  const bool own = origin.layer != config::Layer::built_in && origin.layer != config::Layer::other_key;
  if (in_uri && own)
    faults.push_back({origin.where, "camera " + camera.settings.name + ": " + key + " stands in its source, too",
                      "keep one of them"});
  if (own) return;
  place = in_uri.value_or(of_all);
  origin = {config::Layer::other_key, in_uri ? source_key(camera) : key};
}

/// The same where there is no key of all cameras.
template <class T>
void settle(CameraOption& camera, const std::string& key, T& place, const T& in_uri,
            std::vector<config::Fault>& faults) {
  const bool says = in_uri != T{};
  settle(camera, key, place, T{}, says ? std::optional<T>(in_uri) : std::nullopt, faults);
  config::Origin& origin = camera.origins[key];
  if (!says && origin.layer == config::Layer::other_key) origin = {};
}

/// Where what counts for a key of a camera was written.
struct Place {
  std::string where;    ///< empty: nowhere, it is built in
  bool of_all = false;  ///< by the key of all cameras
};

Place place_of(CameraOption& camera, const std::string& key, const RobotOptions& options) {
  const config::Origin& origin = camera.origins[key];
  if (origin.layer != config::Layer::other_key) return {origin.where, false};
  if (origin.where != key) return {camera.origins["source"].where, false};
  const auto found = options.origins.find(key);
  return {found == options.origins.end() ? "" : found->second.where, true};
}

/// A fault of what a camera has at `key`. One of all cameras is said once.
void say(CameraOption& camera, const std::string& key, const Error& error, const RobotOptions& options,
         std::vector<config::Fault>& faults) {
  const Place place = place_of(camera, key, options);
  const std::string who = place.of_all ? "" : "camera " + camera.settings.name + ": ";
  config::Fault fault{place.where.empty() ? key : place.where, who + error.what, error.fix};
  const auto same = [&](const config::Fault& other) { return other.text() == fault.text(); };
  if (std::none_of(faults.begin(), faults.end(), same)) faults.push_back(std::move(fault));
}

void check_bounds(CameraOption& camera, const RobotOptions& options, std::vector<config::Fault>& faults) {
  const BitrateRange& rate = camera.bitrate;
  if (rate.min <= rate.start && rate.start <= rate.max) return;
  say(camera, "bitrate",
      {"bitrate: " + to_string(rate.start) + " is not within " + to_string(rate.min) + " and " + to_string(rate.max),
       "start lies between min and max; they bound every change while the robot runs"},
      options, faults);
}

/// Of `auto` the robot says while it runs what it could not pass through.
void check_passthrough(CameraOption& camera, std::vector<config::Fault>& faults) {
  const media::SourceUri& source = camera.settings.source;
  if (source.passthrough != media::Passthrough::always) return;
  const std::string who = "camera " + camera.settings.name + ": passthrough: always, but ";
  const std::string& where = camera.origins["passthrough"].where;
  if (!media::may_pass_through(source))
    faults.push_back(
        {where, who + "the source gives no H.264 of its own", "take it out, or let the source give H.264"});
  else if (source.turn != media::Orientation{})
    faults.push_back({where, who + "what is passed through cannot be rotated, flipped or cut", "keep one of them"});
}

/// A picture that no stream of H.264 carries: every encoder would refuse it.
void check_level(CameraOption& camera, const RobotOptions& options, std::vector<config::Fault>& faults) {
  const media::CameraSettings& settings = camera.settings;
  const auto level = h264::level_for(settings.size, settings.fps, settings.bitrate);
  if (level) return;
  // Of the two that make it, the one that was said for this camera, else the one that was said at all.
  const auto weight = [&](const char* key) {
    const Place place = place_of(camera, key, options);
    return place.where.empty() ? 0 : place.of_all ? 1 : 2;
  };
  const std::string key = weight("fps") > weight("size") ? "fps" : "size";
  say(camera, key, {key + ": " + level.error().what, level.error().fix}, options, faults);
}

/// How keys and source turn the picture together, and how large it is then.
void settle_turn(CameraOption& camera, const RobotOptions& options, std::vector<config::Fault>& faults) {
  media::CameraSettings& settings = camera.settings;
  const media::SourceUri& source = camera.source;
  settle(camera, "rotate", camera.turn.rotate, source.turn.rotate, faults);
  settle(camera, "flip", camera.turn.flip, source.turn.flip, faults);
  settle(camera, "crop", camera.turn.crop, source.turn.crop, faults);
  settings.source.turn = camera.turn;
  const bool has_source = !camera.uri.empty();  // else that is a fault of its own
  if (const auto fits = media::check_crop(settings.source); !fits && has_source)
    say(camera, "crop", {fits.error().what, fits.error().fix + ", or set crop: none"}, options, faults);
  settle(camera, "size", settings.size, options.size, source.size, faults);
  config::Origin& origin = camera.origins["size"];
  const auto sent = settings.source.sent_size();
  if (origin.layer != config::Layer::other_key || source.size || !sent) return;
  settings.size = *sent;
  origin.where = source_key(camera);
}

/// Of one camera, wherever they stand. With its other keys they stay below protocol::values_max.
constexpr std::size_t controls_max = 32;

/// Those of the URI and of the key together.
void settle_controls(CameraOption& camera, std::vector<config::Fault>& faults) {
  auto& all = camera.settings.source.controls;
  const std::string& where = camera.origins["controls"].where;
  const std::string who = "camera " + camera.settings.name + ": ";
  if (!camera.controls.empty() && camera.source.kind != media::SourceKind::v4l2)
    faults.push_back({where, who + "only v4l2: cameras have controls", "take them out"});
  for (const media::ControlSetting& control : camera.controls) {
    const auto same = [&](const media::ControlSetting& other) { return other.name == control.name; };
    if (std::any_of(camera.source.controls.begin(), camera.source.controls.end(), same))
      faults.push_back({where, who + control.name + " stands in its source, too", "keep one of them"});
    all.push_back(control);
  }
  if (all.size() > controls_max)
    faults.push_back({where, who + std::to_string(all.size()) + " controls are too many",
                      "set at most " + std::to_string(controls_max)});
}

Result<std::string> read_server(const std::string& url) {
  if (const auto good = signaling::parse_server_url(url); !good) return tl::unexpected<Error>(good.error());
  return url;
}

Result<transport::IceServer> make_ice_server(const config::IceEntry& entry) {
  transport::IceServer server{entry.url, entry.username, entry.credential};
  if (const auto usable = transport::parse_ice_server(server); !usable) return tl::unexpected<Error>(usable.error());
  return server;
}

/// A row of all cameras, whose place is kept for the faults of those that take their value from it.
config::Option of_all(config::Option row, std::map<std::string, config::Origin>& origins) {
  row.set = [&origins, key = row.key, set = std::move(row.set)](const std::string& text, const config::Origin& origin) {
    origins[key] = origin;
    return set(text, origin);
  };
  if (row.set_from_file)
    row.set_from_file = [&origins, key = row.key, set = std::move(row.set_from_file)](const config::YamlNode& node) {
      origins[key] = {config::Layer::file, node.mark.text()};
      return set(node);
    };
  return row;
}

config::Option duration_row(std::string key, std::string help, Nanos& place, Nanos least, Nanos most) {
  const auto read = [least, most](const std::string& text) -> Result<Nanos> {
    auto duration = parse_duration(text);
    if (!duration || (*duration >= least && *duration <= most)) return duration;
    return fail("\"" + text + "\" is not from " + duration_text(least) + " to " + duration_text(most));
  };
  return config::single(std::move(key), "TIME", std::move(help), place, read, duration_text);
}

Result<int> read_threads(const std::string& text) {
  if (text == "auto") return 0;
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error == std::errc() && end == text.data() + text.size() && threads >= 1 && threads <= 16) return threads;
  return fail("\"" + text + "\" is neither auto nor a whole number from 1 to 16");
}

bool on_loopback(const std::string& url) {
  const auto server = signaling::parse_server_url(url);
  return server && (server->host.starts_with("127.") || server->host == "localhost" || server->host == "::1");
}

}  // namespace

config::Table robot_table(RobotOptions& options) {
  config::Table table;
  table
      .add(config::several("server", "server", "URL",
                           "signaling server: ws, wss, http or https (repeatable: the first that answers)",
                           options.servers, read_server, std::identity{}))
      .add(config::single("name", "NAME", "the robot's name [the host's name]", options.name, read_robot_name,
                          std::identity{}))
      .add(cameras_row(options.cameras))
      .add(of_all(config::size("size", "picture size of the cameras", options.size), options.origins))
      .add(of_all(config::frame_rate("fps", "frames a second", options.fps), options.origins))
      .add(of_all(encoder_row(options.encoder), options.origins))
      .add(of_all(decoder_row(options.decoder), options.origins))
      .add(of_all(config::bitrate_range("bitrate", "video bit rate of each camera", options.bitrate), options.origins))
      .add(config::whole("max_viewers", "N", "viewers at once", options.max_viewers, 1, 1000))
      .add(config::listen_address("metrics", "serve Prometheus metrics there", options.metrics))
      .add(config::text("status_socket", "PATH", "where `bigfoot status` asks, or none [the runtime directory]",
                        options.status_socket))
      .add(config::ice_servers("stun:HOST:PORT or turn:USER:SECRET@HOST:PORT[?transport=udp|tcp] (repeatable)",
                               options.ice.servers, make_ice_server,
                               [](const transport::IceServer& server) { return server.url; }))  // never the secret
      .add(config::list("ice.interfaces", "ice-interface", "NAME", "only these network interfaces (repeatable)",
                        options.ice.interfaces))
      .add(config::list("ice.exclude", "ice-exclude", "NAME", "never these network interfaces (repeatable)",
                        options.ice.exclude))
      .add(config::single("ice.ports", "FIRST-LAST", "UDP ports for media, like 50000-50100", options.ice.ports,
                          transport::parse_port_range, [](transport::PortRange range) { return to_string(range); }))
      .add(config::choice<bool>("ice.policy", "relay: only through TURN", options.ice.relay_only,
                                {{"all", false}, {"relay", true}}))
      .add(config::toggle("ice.qos", "mark media packets DSCP AF41", options.ice.mark_packets))
      .add(config::whole("buffers.capture", "N", "pictures that may wait for an encoder", options.resources.waiting, 1,
                         8))
      .add(duration_row("buffers.send", "a picture that waited longer to be sent is cut off: 10ms to 1s",
                        options.buffers.queue, 10ms, 1s))
      .add(duration_row("buffers.history", "what was sent can be sent again for so long: 100ms to 10s",
                        options.buffers.history, 100ms, 10s))
      .add(config::single("resources.threads", "auto|N",
                          "of an encoder in software or on an Intel or AMD GPU, for one picture: auto, or 1 to 16",
                          options.resources.threads, read_threads,
                          [](int threads) { return threads == 0 ? "auto" : std::to_string(threads); }))
      .add(config::several("resources.cpu_affinity", "resources-cpu-affinity", "N[-M]",
                           "run on these processors only: 2 or 0-3 (repeatable)", options.cpu_affinity, parse_cpu_range,
                           [](CpuRange range) { return to_string(range); }))
      .add(config::whole("resources.gpu", "N", "which of several GPUs encodes and decodes", options.resources.gpu, 0,
                         15))
      .add(config::choice<LogLevel>(
          "log.level", "least level that is written", options.log_level,
          {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}}))
      .add(config::choice<LogFormat>("log.format", "text for people, json for machines", options.log_format,
                                     {{"text", LogFormat::text}, {"json", LogFormat::json}}));
  return table;
}

void complete_camera(CameraOption& camera, const RobotOptions& options, std::vector<config::Fault>& faults) {
  media::CameraSettings& settings = camera.settings;
  const media::SourceUri& source = camera.source;
  settings.source = source;
  settle_turn(camera, options, faults);
  settle(camera, "fps", settings.fps, options.fps, source.fps, faults);
  settle(camera, "encoder", settings.encoder, options.encoder, {}, faults);
  settle(camera, "decoder", settings.decoder, options.decoder, {}, faults);
  settle(camera, "bitrate", camera.bitrate, options.bitrate, {}, faults);
  settings.bitrate = camera.bitrate.start;
  settings.resources = options.resources;
  check_bounds(camera, options, faults);
  check_level(camera, options, faults);
  settle(camera, "passthrough", camera.passthrough, source.passthrough, faults);
  settings.source.passthrough = camera.passthrough;
  check_passthrough(camera, faults);
  settle_controls(camera, faults);
}

ReadOptions read_options(const config::Layers& layers, const std::string& host_name) {
  ReadOptions read;
  config::Table table = robot_table(read.options);
  read.faults = config::read_layers(table, layers);
  for (config::Fault& fault : complete(read.options, host_name)) read.faults.push_back(std::move(fault));
  return read;
}

std::vector<config::Fault> complete(RobotOptions& options, const std::string& host_name) {
  std::vector<config::Fault> faults;
  if (options.name.empty()) options.name = read_robot_name(host_name).value_or("robot");
  if (options.cameras.empty()) options.cameras.push_back(test_camera());
  int number = 0;
  std::map<std::string, int> names;
  for (CameraOption& camera : options.cameras) {
    std::string& name = camera.settings.name;
    ++number;
    if (name.empty()) name = options.cameras.size() == 1 ? "camera" : "camera" + std::to_string(number);
    if (++names[name] == 2)
      faults.push_back({camera.origins["source"].where, "two cameras are named \"" + name + "\"",
                        "give each its own name: front=URI, rear=URI"});
    complete_camera(camera, options, faults);
  }
  if (options.cameras.size() > sdp::tracks_max)
    faults.push_back({options.cameras[sdp::tracks_max].origins["source"].where,
                      std::to_string(options.cameras.size()) + " cameras are more than one session carries",
                      "give at most " + std::to_string(sdp::tracks_max)});
  options.ice.loopback = std::any_of(options.servers.begin(), options.servers.end(), on_loopback);
  return faults;
}

}  // namespace bigfoot::robot
