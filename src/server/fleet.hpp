#pragma once
// The robots this server has seen since its start, online or not: what the fleet page lists and WHEP's 404 and 503 tell
// apart.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::server {

struct RobotEntry {
  std::string name;
  bool online = false;
  WallTime since{};                  ///< of the last change between online and offline
  std::vector<std::string> cameras;  ///< as last announced
  std::string peer_id;               ///< while online
  std::string last_peer_id{};        ///< also when it is offline
};

/// Pure; loop thread. Beyond `remembered_max` the robot that has been offline longest is forgotten.
class Fleet {
 public:
  explicit Fleet(std::size_t remembered_max) : remembered_max_(remembered_max) {}

  void came(const std::string& name, const std::string& peer_id, std::vector<std::string> cameras, WallTime now);
  /// Only when `peer_id` is the one that is online under the name: a replaced socket that dies later changes nothing.
  void left(const std::string& name, const std::string& peer_id, WallTime now);
  /// The peer goes by another name from now on, so there is no robot of this one, online or not. Only when `peer_id`
  /// was the last under it.
  void forget(const std::string& name, const std::string& peer_id);
  const RobotEntry* find(std::string_view name) const;
  const std::map<std::string, RobotEntry, std::less<>>& robots() const { return robots_; }

 private:
  void forget_oldest();
  std::size_t remembered_max_;
  std::map<std::string, RobotEntry, std::less<>> robots_;
};

}  // namespace bigfoot::server
