// Other values for a robot's camera: asked by a peer without a socket, outside of any session.

#include <algorithm>

#include "server/rooms.hpp"

namespace bigfoot::server {

using namespace protocol;

namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Actions Rooms::configure(const std::string& id, const std::string& robot, std::string camera,
                         std::vector<Setting> values) {
  Peer& asking = peers_.at(id);
  const auto target = peers_.find(resolve(robot));
  const bool unknown_camera = target != peers_.end() && !has(target->second.status.meta.cameras, camera);
  if (target == peers_.end() || !target->second.status.has(Role::producer))
    refuse(id, "no-peer", "the robot is offline");
  else if (!target->second.ours)
    refuse(id, "unsupported", "the robot speaks GStreamer's protocol only");
  else if (unknown_camera)
    refuse(id, "no-camera", "the robot has no camera of that name");
  else if (busy_(target->first))
    refuse(id, "peer-busy", "the robot has not read yet what was sent to it: ask again in a while");
  else {
    asking.asked = target->first;
    send(target->first, Configure{id, std::move(camera), std::move(values)});
  }
  return take();
}

/// Who still waits for an answer of `id` need not wait until it is late.
void Rooms::refuse_who_asked(const std::string& id) {
  for (auto& [asking, peer] : peers_) {
    if (peer.asked != id) continue;
    peer.asked.clear();
    refuse(asking, "no-peer", "the robot left before it answered; what it has done is not known");
  }
}

/// Late answers, and those that nobody asked for, mean nothing.
void Rooms::handle(const std::string& id, const Configured& message, Now) {
  const auto asking = peers_.find(message.request_id);
  if (asking == peers_.end() || asking->second.asked != id) return;
  asking->second.asked.clear();
  actions_.push_back(Answer{message.request_id, message});
}

}  // namespace bigfoot::server
