#include "server/options.hpp"

#include "config/rows.hpp"

namespace bigfoot::server {
namespace {

Result<IceLink> make_ice_link(const config::IceEntry& entry) { return ice_link(entry); }

}  // namespace

config::Table server_table(ServerOptions& options) {
  Limits& limits = options.limits;
  config::Table table;
  table.add(config::listen_address("listen", "public address: page, signaling, WHEP", options.listen))
      .add(config::listen_address("admin_listen", "/metrics, /healthz, /readyz, PATCH of cameras; not for the public",
                                  options.admin_listen))
      .add(config::text("web_dir", "DIR", "the page's files [beside the program]", options.web_dir))
      .add(config::text("state_dir", "DIR", "keeps the key of the resume tokens, so that sessions survive a restart",
                        options.state_dir))
      .add(config::seconds("drain", "on SIGTERM, send the peers away over this time", options.drain))
      .add(config::ice_servers("told to WHEP players: stun:HOST:PORT or turn:USER:SECRET@HOST:PORT (repeatable)",
                               options.ice_servers, make_ice_link, [](const IceLink& link) { return link.url; }))
      .add(config::several("allow_origins", "allow-origin", "URL",
                           "pages of this origin may use the signaling, too: https://HOST[:PORT] (repeatable)",
                           options.allow_origins, parse_allowed_origin,
                           [](const Origin& origin) { return origin.text(); }))
      .add(config::choice<ConfigureFrom>(
          "configure_from",
          "who may change cameras by PATCH /api/v1/robots/R/cameras/C; loopback: this machine, by admin_listen",
          options.configure_from,
          {{"nobody", ConfigureFrom::nobody},
           {"loopback", ConfigureFrom::loopback},
           {"anyone", ConfigureFrom::anyone}}))
      .add(config::whole("max_connections", "N", "public sockets at once", limits.connections, 1, 1'000'000))
      .add(config::whole("max_connections_per_address", "N", "of one IPv4 address or IPv6 /64",
                         limits.connections_per_address, 1, 1'000'000))
      .add(config::whole("message_rate", "N", "signaling messages a second of one socket", limits.message_rate, 1,
                         100'000))
      .add(config::whole("message_burst", "N", "of them at once", limits.message_burst, 1, 100'000))
      .add(config::whole("max_whep_sessions", "N", "WHEP sessions at once", limits.whep_sessions, 1, 1'000'000))
      .add(config::choice<LogLevel>(
          "log.level", "least level that is written", options.log_level,
          {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}}))
      .add(config::choice<LogFormat>("log.format", "text for people, json for machines", options.log_format,
                                     {{"text", LogFormat::text}, {"json", LogFormat::json}}));
  return table;
}

}  // namespace bigfoot::server
