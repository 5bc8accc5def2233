#pragma once
// The sessions that outlive a socket: their resume tokens, and what was said in them while nobody could hear it. Pure.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.hpp"

namespace bigfoot::signaling {

class LiveSessions {
 public:
  static constexpr std::size_t kept_max = 64;

  /// Notes what a message of the server means for its session. Returns what was kept for it and may go out now.
  std::vector<protocol::FromPeer> received(const protocol::FromServer& message);
  enum class Fate { now, kept, lost };
  /// now: to be written by the caller. kept: until its session is resumed, at most 64, the oldest is dropped. lost:
  /// nobody to wait for, being about no session or one that cannot be resumed.
  Fate sending(const protocol::FromPeer& message, bool online);
  /// The socket is gone: sessions without a token are lost, the others wait for sessionResumed.
  void disconnected();
  /// This server knows nothing of resuming: all that waited is lost.
  void forget_all() { sessions_.clear(), kept_.clear(); }

  /// For setPeerStatus.
  std::vector<std::string> tokens() const;
  /// Sessions that ended here meanwhile: said right behind setPeerStatus. They are forgotten with this.
  std::vector<protocol::FromPeer> take_farewells();

  std::size_t size() const { return sessions_.size(); }
  std::size_t kept() const { return kept_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Session {
    std::string token;
    bool suspended = false;
    std::optional<protocol::EndSession> farewell{};
  };
  struct Kept {
    std::string session_id;
    protocol::FromPeer message;
  };
  void began(const std::string& session_id, const std::optional<std::string>& token);
  void forget(const std::string& session_id);
  void take_leave(const std::string& session_id, Session& session, const protocol::EndSession& farewell);
  std::vector<protocol::FromPeer> resumed(const std::string& session_id);
  void keep(std::string session_id, protocol::FromPeer message);

  std::map<std::string, Session> sessions_;
  std::deque<Kept> kept_;
  std::uint64_t dropped_ = 0;
};

}  // namespace bigfoot::signaling
