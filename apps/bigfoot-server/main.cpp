// bigfoot-server: signaling, WHEP, the page and their metrics.

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "config/flags.hpp"
#include "config/variables.hpp"
#include "server/server.hpp"

int main(int argc, char** argv) {
  using namespace bigfoot;
  std::error_code unreadable;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  server::ServerOptions options;
  config::Layers layers;
  config::Program program{"bigfoot-server", "Signaling, WHEP and the page of a fleet of robots", BIGFOOT_VERSION, {}};
  program.verbs.push_back({"serve",
                           "serve until SIGTERM",
                           server::server_table(options),
                           [&] {
                             return server::serve(options, {BIGFOOT_VERSION, path, BIGFOOT_WEB_DIR, layers.ignored});
                           },
                           {},
                           true,
                           [&](const config::Layers& read) { layers = read; }});
  program.variables = config::variable_names(environ);
  program.manual_section = 8;
  program.file = "/etc/bigfoot/server.yaml";
  program.see_also = "bigfoot(1)";
  return config::run_program(program, argc, argv, [](const char* name) { return std::getenv(name); });
}
