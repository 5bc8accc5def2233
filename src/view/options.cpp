#include "view/options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "config/ice_entry.hpp"
#include "config/rows.hpp"
#include "config/text_file.hpp"
#include "media/decoder_table.hpp"
#include "signaling/url.hpp"
#include "transport/ice_server.hpp"
#include "transport/port_range.hpp"
#include "view/playout.hpp"

namespace bigfoot::view {
namespace {

/// As the server has it of names that can stand in an address (docs/protocol.md, meta).
Result<> check_name(std::string_view name, const std::string& kind) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\'; };
  if (!name.empty() && name.size() <= 128 && name != "." && name != ".." && std::none_of(name.begin(), name.end(), bad))
    return {};
  return fail("\"" + std::string(name) + "\" is no name of a " + kind, "write it like rover-7 or rover-7/front");
}

Result<> read_robot(ViewOptions& options, const std::string& text) {
  const auto slash = text.find('/');
  const std::string robot = text.substr(0, slash);
  const std::string camera = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (auto good = check_name(robot, "robot"); !good) return good;
  if (slash != std::string::npos)
    if (auto good = check_name(camera, "camera"); !good) return good;
  options.robot = robot;
  options.camera = camera;
  return {};
}

config::Option robot_row(ViewOptions& options) {
  config::Option row{view_word, "ROBOT[/CAMERA]", "what to look at: all cameras of a robot, or one of them", {}, {}};
  row.set = [&options](const std::string& text, const config::Origin&) {
    options.robot_given = true;
    return read_robot(options, text);
  };
  row.get = [&options] { return options.camera.empty() ? options.robot : options.robot + "/" + options.camera; };
  return row;
}

Result<std::string> read_server(const std::string& url) {
  if (const auto good = signaling::parse_server_url(url); !good) return tl::unexpected<Error>(good.error());
  return url;
}

Result<std::string> read_whep(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail("\"" + url + "\" is no WHEP address",
                "write it like https://media.example.org/whep/stream; of a robot give its name and --server");
  return signaling::parse_whep_url(url);
}

Result<std::string> read_decoder(const std::string& name) {
  auto known = media::parse_decoder(name);
  if (!known || *known == "auto") return known;
  if (const auto rows = media::decoder_candidates(media::Codec::h264, name); !rows)
    return tl::unexpected<Error>(rows.error());
  return known;
}

Result<Nanos> read_smooth(const std::string& text) {
  int ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc() && end == text.data() + text.size() && ms >= 0 && Millis(ms) <= smooth_max)
    return Nanos(Millis(ms));
  return fail("\"" + text + "\" is not a whole number of milliseconds from 0 to " +
              std::to_string(std::chrono::duration_cast<Millis>(smooth_max).count()));
}

std::string show_smooth(Nanos smooth) { return std::to_string(std::chrono::duration_cast<Millis>(smooth).count()); }

Result<std::string> read_record(const std::string& path) {
  if (path.ends_with(".mkv")) return path;
  return fail("\"" + path + "\" does not end in .mkv", "what is recorded is Matroska: readable even after a kill");
}

Result<transport::IceServer> make_ice_server(const config::IceEntry& entry) {
  transport::IceServer server{entry.url, entry.username, entry.credential};
  if (const auto usable = transport::parse_ice_server(server); !usable) return tl::unexpected<Error>(usable.error());
  return server;
}

bool on_loopback(const std::string& url) {
  const auto server = signaling::parse_server_url(url);
  return server && (server->host.starts_with("127.") || server->host == "localhost" || server->host == "::1");
}

void add_ice(config::Table& table, transport::IceConfig& ice) {
  table
      .add(config::ice_servers("stun:HOST:PORT or turn:USER:SECRET@HOST:PORT[?transport=udp|tcp] (repeatable)",
                               ice.servers, make_ice_server,
                               [](const transport::IceServer& server) { return server.url; }))  // never the secret
      .add(config::list("ice.interfaces", "ice-interface", "NAME", "only these network interfaces (repeatable)",
                        ice.interfaces))
      .add(config::list("ice.exclude", "ice-exclude", "NAME", "never these network interfaces (repeatable)",
                        ice.exclude))
      .add(config::single("ice.ports", "FIRST-LAST", "UDP ports for media, like 50000-50100", ice.ports,
                          transport::parse_port_range, [](transport::PortRange range) { return to_string(range); }))
      .add(config::choice<bool>("ice.policy", "relay: only through TURN", ice.relay_only,
                                {{"all", false}, {"relay", true}}));
}

/// On the command line everybody on this machine could read it.
Result<> read_token(ViewOptions& options) {
  if (!options.whep_given)
    return fail("a token is for --whep, and a robot is named", "leave it out, or name --whep URL");
  auto token = config::read_secret_file(options.token_file);
  if (!token) return tl::unexpected<Error>(token.error());
  options.token = std::move(*token);
  return {};
}

}  // namespace

std::string ViewOptions::title() const {
  if (!whep.empty()) return whep;
  return camera.empty() ? robot : robot + "/" + camera;
}

config::Table view_table(ViewOptions& options) {
  config::Table table;
  table.add(robot_row(options))
      .add(config::several("server", "server", "URL",
                           "signaling server: ws, wss, http or https (repeatable: the first that answers)",
                           options.servers, read_server, std::identity{}))
      .add(config::single(
          "whep", "URL", "look at this WHEP address, of whatever server, instead of a robot", options.whep,
          [&options](const std::string& url) {
            options.whep_given = true;
            return read_whep(url);
          },
          std::identity{}))
      .add(config::text("token_file", "FILE", "with --whep: holds the token that its server wants to see (Bearer)",
                        options.token_file))
      .add(config::single("decoder", "NAME",
                          "auto, or a decoder of those that `bigfoot devices` lists: only that one is tried",
                          options.decoder, read_decoder, std::identity{}))
      .add(config::text("display", "NAME", "auto, a video sink of GStreamer, or none: decode and show nothing",
                        options.display))
      .add(config::toggle("fullscreen", "fill the screen", options.fullscreen))
      .add(config::toggle("overlay", "write delay, rates and losses over the picture (key o)", options.overlay))
      .add(config::single("smooth", "MS",
                          "even motion instead of the least delay: jitter of up to so many milliseconds is evened out",
                          options.smooth, read_smooth, show_smooth))
      .add(config::single("record", "FILE", "write what comes, as it comes, into this .mkv", options.record,
                          read_record, std::identity{}))
      .add(config::toggle("json", "a JSON object a second on stdout, for programs (docs/view.md)", options.json))
      .add(config::toggle("measure", "with --json: a row for each picture, and the age that the stamp of `test:` tells",
                          options.measure));
  add_ice(table, options.ice);
  table
      .add(config::choice<LogLevel>(
          "log.level", "least level that is written", options.log_level,
          {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}}))
      .add(config::choice<LogFormat>("log.format", "text for people, json for machines", options.log_format,
                                     {{"text", LogFormat::text}, {"json", LogFormat::json}}));
  return table;
}

std::vector<config::Fault> complete(ViewOptions& options) {
  std::vector<config::Fault> faults;
  if (!options.robot_given && !options.whep_given)
    faults.push_back({"ROBOT[/CAMERA]", "it is told nothing to look at",
                      "name a robot: bigfoot view rover-7 --server https://fleet.example.org, or --whep URL"});
  if (options.robot_given && options.whep_given)
    faults.push_back({"--whep", "a robot is named, too", "keep one of them"});
  if (!options.token_file.empty())
    if (const auto read = read_token(options); !read)
      faults.push_back({"--token-file", read.error().what, read.error().fix});
  options.ice.loopback = options.whep.empty() ? std::any_of(options.servers.begin(), options.servers.end(), on_loopback)
                                              : on_loopback(options.whep);
  return faults;
}

}  // namespace bigfoot::view
