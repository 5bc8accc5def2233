#include "server/fleet.hpp"

namespace bigfoot::server {

void Fleet::came(const std::string& name, const std::string& peer_id, std::vector<std::string> cameras, WallTime now) {
  RobotEntry& robot = robots_[name];
  if (!robot.online) robot.since = now;
  robot.name = name;
  robot.online = true;
  robot.cameras = std::move(cameras);
  robot.peer_id = robot.last_peer_id = peer_id;
  if (robots_.size() > remembered_max_) forget_oldest();
}

void Fleet::left(const std::string& name, const std::string& peer_id, WallTime now) {
  const auto found = robots_.find(name);
  if (found == robots_.end() || !found->second.online || found->second.peer_id != peer_id) return;
  found->second.online = false;
  found->second.since = now;
  found->second.peer_id.clear();
}

void Fleet::forget(const std::string& name, const std::string& peer_id) {
  if (const auto found = robots_.find(name); found != robots_.end() && found->second.last_peer_id == peer_id)
    robots_.erase(found);
}

const RobotEntry* Fleet::find(std::string_view name) const {
  const auto found = robots_.find(name);
  return found == robots_.end() ? nullptr : &found->second;
}

void Fleet::forget_oldest() {
  auto oldest = robots_.end();
  for (auto it = robots_.begin(); it != robots_.end(); ++it)
    if (!it->second.online && (oldest == robots_.end() || it->second.since < oldest->second.since)) oldest = it;
  if (oldest != robots_.end()) robots_.erase(oldest);
}

}  // namespace bigfoot::server
