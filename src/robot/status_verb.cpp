#include "robot/status_verb.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include "config/rows.hpp"
#include "robot/status_socket.hpp"

namespace bigfoot::robot {
namespace {

struct Answered {
  std::string socket;
  std::string text;
};

int refuse(const Error& error) {
  std::fprintf(stderr, "bigfoot status: %s\n", error.what.c_str());
  if (!error.fix.empty()) std::fprintf(stderr, "    %s\n", error.fix.c_str());
  return 1;
}

std::vector<std::filesystem::path> sockets_in(const std::vector<std::string>& directories) {
  std::vector<std::filesystem::path> sockets;
  for (const std::string& directory : directories) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
      if (entry.path().extension() == ".sock") sockets.push_back(entry.path());
  }
  std::sort(sockets.begin(), sockets.end());
  return sockets;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Error which_of_several(const std::vector<std::string>& sockets) {
  std::vector<std::string> names;
  names.reserve(sockets.size());
  for (const std::string& socket : sockets) names.push_back(std::filesystem::path(socket).stem());
  const bool told_apart = std::set(names.begin(), names.end()).size() == names.size();
  return {"several robots run here: " + joined(told_apart ? names : sockets),
          told_apart ? "say which one with --name" : "they have one name: say which one with --socket", Next::give_up};
}

config::Table status_table(StatusOptions& options) {
  config::Table table;
  table.add(config::toggle("json", "one JSON object, for programs (docs/status.md)", options.json))
      .add(config::text("socket", "PATH", "the robot's socket [looked for in /run/bigfoot and the user's own]",
                        options.socket))
      .add(config::text("name", "NAME", "of several robots, this one", options.name));
  return table;
}

int run_status(const StatusOptions& options, const std::function<const char*(const char*)>& environment) {
  const char* word = options.json ? "json" : "text";
  if (!options.socket.empty()) {
    const auto answer = ask_status(options.socket, word);
    if (!answer) return refuse(answer.error());
    std::fputs(answer->c_str(), stdout);
    return 0;
  }
  const auto directories = runtime_directories(environment);
  std::vector<Answered> answers;
  int exit_code = 0;
  for (const auto& socket : sockets_in(directories)) {
    const std::string name = socket.stem();
    if (!options.name.empty() && name != options.name) continue;
    auto answer = ask_status(socket, word);
    if (answer)
      answers.push_back({socket, std::move(*answer)});
    else if (answer.error().next != Next::give_up)
      exit_code = refuse(answer.error());  // it is there: what another answers is not all there is to say
  }
  if (answers.empty() && exit_code != 0) return exit_code;
  if (answers.empty())
    return refuse({"no robot" + (options.name.empty() ? "" : " named " + options.name) + " runs here (looked in " +
                       joined(directories) + ")",
                   "start one with `bigfoot robot`, or name its --socket", Next::give_up});
  if (answers.size() > 1) {
    std::vector<std::string> sockets;
    sockets.reserve(answers.size());
    for (const Answered& each : answers) sockets.push_back(each.socket);
    return refuse(which_of_several(sockets));
  }
  std::fputs(answers.front().text.c_str(), stdout);
  return exit_code;
}

}  // namespace bigfoot::robot
