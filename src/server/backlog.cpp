#include "server/backlog.hpp"

#include <utility>

#include "protocol/codec.hpp"

namespace bigfoot::server {

bool Backlogs::keep(Pending& side, const std::string& robot, protocol::FromServer message) {
  const std::size_t bytes = protocol::encode(message).size();
  const auto at = robots_.find(robot);
  const Count of_robot = at == robots_.end() ? Count{} : at->second;
  if (side.messages.size() >= limits_.messages || side.bytes + bytes > limits_.bytes ||
      of_robot.messages >= limits_.messages_per_robot || of_robot.bytes + bytes > limits_.bytes_per_robot ||
      bytes_ + bytes > limits_.bytes_in_all)
    return false;
  side.messages.push_back(std::move(message));
  side.bytes += bytes;
  bytes_ += bytes;
  add(robot, {1, bytes});
  return true;
}

std::deque<protocol::FromServer> Backlogs::take(Pending& side, const std::string& robot) {
  bytes_ -= side.bytes;
  subtract(robot, {side.messages.size(), side.bytes});
  return std::exchange(side, {}).messages;
}

void Backlogs::rename(const Pending& side, const std::string& from, const std::string& to) {
  const Count count{side.messages.size(), side.bytes};
  subtract(from, count);
  add(to, count);
}

void Backlogs::add(const std::string& robot, Count more) {
  if (robot.empty() || more.messages == 0) return;
  Count& count = robots_[robot];
  count.messages += more.messages;
  count.bytes += more.bytes;
}

void Backlogs::subtract(const std::string& robot, Count less) {
  const auto at = robots_.find(robot);
  if (at == robots_.end()) return;
  at->second.messages -= less.messages;
  at->second.bytes -= less.bytes;
  if (at->second.messages == 0) robots_.erase(at);
}

}  // namespace bigfoot::server
