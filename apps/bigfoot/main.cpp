// bigfoot: the program that runs where the cameras are. Parse, wire, run.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <unistd.h>

#include "base/cpu_set.hpp"
#include "base/glib_loop.hpp"
#include "base/library_log.hpp"
#include "base/log.hpp"
#include "base/service_manager.hpp"
#include "config/flags.hpp"
#include "config/variables.hpp"
#include "media/gst/pipeline.hpp"
#include "robot/devices_verb.hpp"
#include "robot/hung_drivers.hpp"
#include "robot/options.hpp"
#include "robot/robot.hpp"
#include "robot/signals.hpp"
#include "robot/status_verb.hpp"

namespace {

using namespace bigfoot;

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

/// `code`: 2 where a person must write something otherwise (the unit does not start it again then), else 1.
int refuse(const Error& error, int code) {
  std::fprintf(stderr, "bigfoot robot: %s\n", error.what.c_str());
  if (!error.fix.empty()) std::fprintf(stderr, "    %s\n", error.fix.c_str());
  return code;
}

void say_ignored(const std::vector<config::Fault>& variables, const Log& log) {
  for (const config::Fault& variable : variables)
    log.warn("config.variable_ignored", {{"variable", variable.where}, {"fix", variable.fix}});
}

int run_robot(const robot::RobotOptions& options, const config::Layers& layers) {
  robot::block_signals();
  // Before there are other threads: all of them inherit it.
  const auto pinned = options.cpu_affinity.empty() ? Result<>() : pin_to(options.cpu_affinity);
  if (const auto ready = media::gst::start(); !ready)
    return refuse(ready.error(), 1);  // before there are other threads
  auto writer = std::make_shared<LogWriter>(LogWriter::Options{options.log_format, options.log_level});
  const Log log(writer);
  log_libraries(writer, {"robot", options.name});
  if (!pinned)  // a board with fewer processors than the last one still sees
    log.warn("resources.not_applied", {{"why", pinned.error().what}, {"fix", pinned.error().fix}});
  say_ignored(layers.ignored, log.with("robot", options.name));
  GlibLoop loop;
  ServiceManager manager(loop);
  robot::Robot robot(loop, options, BIGFOOT_VERSION, log);
  int code = 0;
  const auto end = [&] {
    manager.stopping();
    robot.stop();
    loop.stop();
  };
  robot.on_hung([&] {
    code = robot::exit_hung;
    end();
  });
  const robot::Signals signals(loop, end, [&] { robot.reread(robot::read_options(layers, host_name())); });
  if (const auto started = robot.start(); !started) return refuse(started.error(), 2);
  loop.post([&] { manager.ready(); });
  loop.run();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  robot::RobotOptions options;
  robot::DevicesOptions devices;
  robot::StatusOptions status;
  config::Layers layers;
  config::Program program{"bigfoot", "See through a robot's cameras.", BIGFOOT_VERSION, {}};
  program.verbs.push_back({"robot", "send this machine's cameras to viewers", robot::robot_table(options),
                           [&] { return run_robot(options, layers); },
                           [&] { return robot::complete(options, host_name()); }, true,
                           [&](const config::Layers& read) { layers = read; }});
  program.verbs.push_back({"devices", "this machine's cameras, encoders and decoders, and why each is or is not usable",
                           robot::devices_table(devices), [&] { return robot::run_devices(devices); }});
  program.variables = config::variable_names(environ);
  program.file = "/etc/bigfoot/robot.yaml";
  program.see_also = "bigfoot-server(8)";
  program.exits = "3 when a driver hangs for good, so that only another process gets past it: start it again.";
  program.verbs.push_back(
      {"status", "what the robot on this machine does: cameras, viewers, ways, rates", robot::status_table(status),
       [&] { return robot::run_status(status, [](const char* name) { return std::getenv(name); }); }});
  return config::run_program(program, argc, argv, [](const char* name) { return std::getenv(name); });
}
