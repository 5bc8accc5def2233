// bigfoot: the program that runs where the cameras are. Parse, wire, run.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>

#include <unistd.h>

#include "base/cpu_set.hpp"
#include "base/glib_loop.hpp"
#include "base/library_log.hpp"
#include "base/line_writer.hpp"
#include "base/log.hpp"
#include "base/service_manager.hpp"
#include "config/flags.hpp"
#include "config/variables.hpp"
#include "media/gst/pipeline.hpp"
#include "media/recorder.hpp"
#include "media/video_sinks.hpp"
#include "robot/devices_verb.hpp"
#include "robot/hung_drivers.hpp"
#include "robot/options.hpp"
#include "robot/robot.hpp"
#include "robot/signals.hpp"
#include "robot/status_verb.hpp"
#include "view/options.hpp"
#include "view/viewer.hpp"

namespace {

using namespace bigfoot;

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

/// `code`: 2 where a person must write something otherwise (the unit does not start it again then), else 1.
int refuse(const char* verb, const Error& error, int code) {
  std::fprintf(stderr, "bigfoot %s: %s\n", verb, error.what.c_str());
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
    return refuse("robot", ready.error(), 1);  // before there are other threads
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
  if (const auto started = robot.start(); !started) return refuse("robot", started.error(), 2);
  loop.post([&] { manager.ready(); });
  loop.run();
  return code;
}

int run_view(const view::ViewOptions& options) {
  robot::block_signals();
  if (const auto ready = media::gst::start(); !ready) return refuse("view", ready.error(), 1);
  if (options.display == "auto")
    media::leave_out_useless_sinks();
  else if (const auto sink = media::parse_display(options.display); !sink)
    return refuse("view", sink.error(), 2);
  if (!options.record.empty())
    if (const auto free = media::reserve_recording(options.record); !free) return refuse("view", free.error(), 2);
  auto writer = std::make_shared<LogWriter>(LogWriter::Options{options.log_format, options.log_level});
  const Log log = Log(writer).with("view", options.title());
  log_libraries(writer, {"view", options.title()});
  GlibLoop loop;
  int code = 0;
  // Neither waits for whoever reads: the loop must live.
  std::function<void(int)> end;
  LineWriter words(STDERR_FILENO, {.lines_max = 64});
  LineWriter lines(STDOUT_FILENO, {.on_closed = [&] { loop.post([&] { end(0); }); }});
  std::unique_ptr<view::Viewer> viewer;
  Subscription farewell;
  end = [&](int why) {
    if (farewell) return;
    code = why;
    const Nanos wait = viewer->farewell();
    viewer->stop();
    farewell = loop.after(wait, [&] { loop.stop(); });
  };
  view::Viewer::Hooks hooks;
  hooks.say = [&](const std::string& line) { words.put("bigfoot view: " + line); };
  hooks.stats = [&](const std::string& line) {
    lines.put(line);
    return lines.dropped();
  };
  hooks.end = end;
  viewer = std::make_unique<view::Viewer>(loop, options, BIGFOOT_VERSION, hooks, log);
  const robot::Signals signals(
      loop, [&] { end(0); }, [&] { end(0); });
  if (const auto started = viewer->start(); !started) return refuse("view", started.error(), 2);
  loop.run();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  robot::RobotOptions options;
  robot::DevicesOptions devices;
  robot::StatusOptions status;
  view::ViewOptions viewed;
  config::Layers layers;
  config::Program program{"bigfoot", "See through a robot's cameras.", BIGFOOT_VERSION, {}};
  program.verbs.push_back({"robot", "send this machine's cameras to viewers", robot::robot_table(options),
                           [&] { return run_robot(options, layers); },
                           [&] { return robot::complete(options, host_name()); }, true,
                           [&](const config::Layers& read) { layers = read; }});
  program.verbs.push_back({"devices", "this machine's cameras, encoders and decoders, and why each is or is not usable",
                           robot::devices_table(devices), [&] { return robot::run_devices(devices); }});
  program.verbs.push_back({"view", "see through a robot's cameras, with the least delay", view::view_table(viewed),
                           [&] { return run_view(viewed); }, [&] { return view::complete(viewed); }});
  program.verbs.back().word = view::view_word;
  program.variables = config::variable_names(environ);
  program.file = "/etc/bigfoot/robot.yaml";
  program.see_also = "bigfoot-server(8)";
  program.exits =
      "3 when a driver hangs for good, so that only another process gets past it: start it again. 4 when nothing here "
      "decodes the pictures to be viewed, 5 when there is no display for them, or none any more.";
  program.verbs.push_back(
      {"status", "what the robot on this machine does: cameras, viewers, ways, rates", robot::status_table(status),
       [&] { return robot::run_status(status, [](const char* name) { return std::getenv(name); }); }});
  return config::run_program(program, argc, argv, [](const char* name) { return std::getenv(name); });
}
