#pragma once
// What `bigfoot-server serve` can be told, nested as it is used, and the table that file, environment and flags share.

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "config/table.hpp"
#include "server/ice_link.hpp"
#include "server/origin.hpp"

namespace bigfoot::server {

/// Every limit has a refusal that names it; docs/protocol.md lists them.
struct Limits {
  int connections = 4096;             ///< public sockets at once
  int connections_per_address = 512;  ///< of one IPv4 address or IPv6 /64; robots and viewers behind one NAT share it
  int message_rate = 200;             ///< signaling messages a second of one socket
  int message_burst = 400;
  int whep_sessions = 2000;
};

/// From where PATCH of a camera is taken, as long as nobody logs in.
enum class ConfigureFrom { nobody, loopback, anyone };

struct ServerOptions {
  config::ListenAddress listen{"127.0.0.1", 8080};
  config::ListenAddress admin_listen{"127.0.0.1", 9090};
  std::string web_dir;    ///< empty: beside the installed program, else the source tree's
  std::string state_dir;  ///< empty: $STATE_DIRECTORY, else ~/.local/state/bigfoot-server
  Nanos drain = 2s;
  std::vector<IceLink> ice_servers;   ///< told to WHEP players
  std::vector<Origin> allow_origins;  ///< whose pages may use the signaling besides our own
  ConfigureFrom configure_from = ConfigureFrom::loopback;
  Limits limits;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

/// The rows of the table. `options` must outlive it.
config::Table server_table(ServerOptions& options);

}  // namespace bigfoot::server
