#include "server/options.hpp"

namespace bigfoot::server {

config::Table server_table(ServerOptions& options) {
  Limits& limits = options.limits;
  config::Table table;
  table.add(config::listen_address("listen", "public address: page, signaling, WHEP", options.listen))
      .add(config::listen_address("admin-listen", "/metrics, /healthz and /readyz; not for the public",
                                  options.admin_listen))
      .add(config::text("web-dir", "DIR", "the page's files [beside the program]", options.web_dir))
      .add(config::text("state-dir", "DIR", "keeps the key of the resume tokens, so that sessions survive a restart",
                        options.state_dir))
      .add(config::seconds("drain", "on SIGTERM, send the peers away over this time", options.drain))
      .add(config::several("ice-server", "URL",
                           "told to WHEP players: stun:HOST:PORT or turn:USER:SECRET@HOST:PORT (repeatable)",
                           options.ice_servers, parse_ice_link, [](const IceLink& link) { return link.url; }))
      .add(config::several(
          "allow-origin", "URL", "pages of this origin may use the signaling, too: https://HOST[:PORT] (repeatable)",
          options.allow_origins, parse_allowed_origin, [](const Origin& origin) { return origin.text(); }))
      .add(config::whole("max-connections", "N", "public sockets at once", limits.connections, 1, 1'000'000))
      .add(config::whole("max-connections-per-address", "N", "of one IPv4 address or IPv6 /64",
                         limits.connections_per_address, 1, 1'000'000))
      .add(config::whole("message-rate", "N", "signaling messages a second of one socket", limits.message_rate, 1,
                         100'000))
      .add(config::whole("message-burst", "N", "of them at once", limits.message_burst, 1, 100'000))
      .add(config::whole("max-whep-sessions", "N", "WHEP sessions at once", limits.whep_sessions, 1, 1'000'000))
      .add(config::choice<LogLevel>(
          "log-level", "least level that is written", options.log_level,
          {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}}))
      .add(config::choice<LogFormat>("log-format", "text for people, json for machines", options.log_format,
                                     {{"text", LogFormat::text}, {"json", LogFormat::json}}));
  return table;
}

}  // namespace bigfoot::server
