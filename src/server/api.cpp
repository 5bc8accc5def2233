#include "server/api.hpp"

#include <ctime>

#include "protocol/json_writer.hpp"

namespace bigfoot::server {
namespace {

std::string names_json(const std::vector<std::string>& names) {
  std::string list = "[";
  for (const std::string& name : names) (list += list.size() > 1 ? "," : "") += protocol::quote(name);
  return list + "]";
}

}  // namespace

std::string iso_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const auto when = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string robots_json(const Rooms& rooms) {
  std::string list = "[";
  for (const auto& [name, robot] : rooms.fleet().robots()) {
    protocol::Object entry;
    entry.text("name", name)
        .raw("online", robot.online ? "true" : "false")
        .text("since", iso_time(robot.since))
        .raw("cameras", names_json(robot.cameras))
        .raw("viewers", std::to_string(rooms.viewers(name)));
    if (robot.online) entry.text("peerId", robot.peer_id);
    (list += list.size() > 1 ? "," : "") += entry.done();
  }
  return list + "]";
}

std::string version_json(std::string_view version) {
  return protocol::Object().text("name", "bigfoot-server").text("version", version).done();
}

}  // namespace bigfoot::server
