#pragma once
// Messages that wait for a side of a session whose socket is being replaced, and how much may wait. Pure.

#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "protocol/message.hpp"

namespace bigfoot::server {

/// Bytes are those of the messages' JSON.
struct BacklogLimits {
  std::size_t messages = 64;  ///< of one side of one session
  std::size_t bytes = 256 * 1024;
  // Of all sessions of one robot: what comes at once when it is back has to fit into its queue.
  std::size_t messages_per_robot = 256;
  std::size_t bytes_per_robot = 512 * 1024;
  std::size_t bytes_in_all = 64 * 1024 * 1024;
};

/// What waits for one side. Filled and emptied by the Backlogs that counts it.
struct Pending {
  std::deque<protocol::FromServer> messages{};
  std::size_t bytes = 0;
};

/// Counts what waits of every session. `robot` is the name that a robot's side goes by; empty for a viewer's side.
class Backlogs {
 public:
  explicit Backlogs(BacklogLimits limits) : limits_(limits) {}

  /// False, and nothing is kept, when enough is waiting.
  [[nodiscard]] bool keep(Pending& side, const std::string& robot, protocol::FromServer message);
  /// In the order they came; none wait afterwards.
  std::deque<protocol::FromServer> take(Pending& side, const std::string& robot);
  /// The robot goes by another name: what waits for this session of it is counted there.
  void rename(const Pending& side, const std::string& from, const std::string& to);

 private:
  struct Count {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  void add(const std::string& robot, Count more);
  void subtract(const std::string& robot, Count less);

  BacklogLimits limits_;
  std::map<std::string, Count> robots_;  ///< for which anything waits
  std::size_t bytes_ = 0;
};

}  // namespace bigfoot::server
