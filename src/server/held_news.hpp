#pragma once
// What a listener on a slow link has not been told yet: of each peer the newest only, so that a robot which changes its
// status often fills nobody's queue. Pure.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/message.hpp"

namespace bigfoot::server {

struct HeldNewsLimits {
  std::size_t peers_per_listener = 1024;
  // Of one take(): less than the half queue that is free when a reader is not busy.
  std::size_t take_messages = 128;
  std::size_t take_bytes = 256 * 1024;
};

/// Loop thread.
class HeldNews {
 public:
  /// Whether the listener knows the peer yet; of one that came and left meanwhile it need not hear.
  enum class Known { yes, no };

  explicit HeldNews(HeldNewsLimits limits = {}) : limits_(limits) {}

  std::vector<std::string> listeners() const;
  bool waits(const std::string& listener) const { return held_.contains(listener); }
  /// False when as many peers as may be are held for it already. `news->peer_id` says about whom.
  bool hold(const std::string& listener, std::shared_ptr<const protocol::PeerStatusChanged> news, Known known);
  /// The next ones in the order of their change.
  std::vector<protocol::PeerStatusChanged> take(const std::string& listener);
  void forget(const std::string& listener) { held_.erase(listener); }

 private:
  struct Item {
    std::shared_ptr<const protocol::PeerStatusChanged> news;
    Known known;
    std::uint64_t order;
  };
  HeldNewsLimits limits_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::map<std::string, Item>> held_;  ///< by listener, then by whom it is about
};

}  // namespace bigfoot::server
