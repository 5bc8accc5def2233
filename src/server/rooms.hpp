#pragma once
// Every signaling decision of the server: who is there, who may talk to whom, what goes to whom. Pure: it is told what
// a peer said and what time it is, and answers with what to do. GStreamer's signalling server is the model; its peers
// are told nothing that its protocol does not have. Ours besides: names, resume, cameras, restart, fragments.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "protocol/message.hpp"
#include "server/backlog.hpp"
#include "server/fleet.hpp"
#include "server/held_news.hpp"
#include "server/recent_ids.hpp"
#include "server/report_gate.hpp"
#include "server/resume_token.hpp"
#include "server/token_bucket.hpp"

namespace bigfoot::server {

/// Both clocks at one moment: deadlines and what people read.
struct Now {
  Timestamp time{};
  WallTime wall{};
};

struct Send {
  std::string peer;
  protocol::FromServer message;
};
struct Close {
  std::string peer;
  std::uint16_t code;  ///< of close_code, below
  std::string reason;
};
/// What a robot said to a peer without a socket that asked it for other values.
struct Answer {
  std::string peer;
  protocol::Configured configured;
};
/// How old a robot's pictures are, by the word of a viewer, when it counts.
struct Seen {
  std::string robot;
  protocol::ViewerReport report;
};
using Action = std::variant<Send, Close, Answer, Seen>;
using Actions = std::vector<Action>;

/// WebSocket close codes of ours (4000–4999 are for applications, RFC 6455 7.4.2).
namespace close_code {
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t too_large = 1009;
inline constexpr std::uint16_t service_restart = 1012;
inline constexpr std::uint16_t slow_reader = 4000;
inline constexpr std::uint16_t replaced = 4002;
inline constexpr std::uint16_t too_many_errors = 4003;
}  // namespace close_code

struct RoomLimits {
  std::size_t sessions_per_consumer = 32;
  std::size_t sessions_per_producer = 512;
  BacklogLimits pending{};                        ///< kept for a side whose socket is being replaced
  std::size_t list_full_bytes = 2 * 1024 * 1024;  ///< of a list: beyond it peers are listed by name alone
  std::size_t list_bytes = 3 * 1024 * 1024;       ///< and beyond this not at all: readers take 4 MiB
  std::size_t ended_remembered = 4096;
  std::size_t robots_remembered = 10'000;
  // Of the roles or the name of one connection: each ends sessions and moves a robot in the fleet.
  double changes_per_second = 1;
  double changes_burst = 20;
  Nanos resume_window = 30s;    ///< for an absent side when the other speaks GStreamer's protocol only
  Nanos offline_grace = 15min;  ///< when both are ours: their media goes on without signaling, and they notice its end
};

/// Loop thread. Ids of peers come from the caller and must be fresh.
class Rooms {
 public:
  Rooms(RoomLimits limits, ResumeTokens tokens, std::function<std::string()> new_session_id);
  /// Sessions and messages for a peer of which `busy` is true are refused to who sends them; news about others wait
  /// until a tick() finds it not busy.
  void refuse_for_busy(std::function<bool(const std::string& peer)> busy) { busy_ = std::move(busy); }

  Actions join(const std::string& peer);
  /// A viewer without a socket (WHEP): gets no welcome, is never away, understands everything.
  void join_virtual(const std::string& peer);
  Actions receive(const std::string& peer, const protocol::FromPeer& message, Now now);
  /// A peer without a socket asks the robot of that name for other values of a camera; once a peer. Its answer comes as
  /// an Answer, a refusal as `error`: no-peer (also when the robot leaves meanwhile), no-camera, unsupported,
  /// peer-busy.
  Actions configure(const std::string& peer, const std::string& robot, std::string camera,
                    std::vector<protocol::Setting> values);
  /// The socket is gone. A peer of ours may come back to its sessions within the window; those of others end.
  Actions leave(const std::string& peer, Now now);
  /// Ends sessions whose absent side did not come back in time; call it about once a second.
  Actions tick(Now now);

  const Fleet& fleet() const { return fleet_; }
  std::size_t sessions() const { return sessions_.size(); }
  /// Sessions in which the robot is the producer, its socket present or not.
  std::size_t viewers(const std::string& robot) const;
  /// Peers with a socket: by "producer", "consumer", "listener", "none".
  std::map<std::string, std::size_t> peers_by_role() const;

 private:
  struct Peer {
    protocol::PeerStatus status;
    std::string robot;       ///< as producer: the name it goes by
    std::string last_robot;  ///< the name it went by last, producer still or not
    TokenBucket changes;
    bool spoke = false;
    bool v1_1 = false;
    bool ours = false;  ///< speaks Bigfoot's additions
    bool is_virtual = false;
    std::string asked{};  ///< the robot whose answer it waits for
    std::set<std::string> sessions;
    RecentIds ended{64};  ///< last messages about these may still be under way: no error
  };
  struct Side {
    std::string peer;  ///< empty: away
    bool ours = false;
    std::optional<Timestamp> away_since{};  ///< none while away: the other side alone decides (server was restarted)
    Pending pending{};
    bool present() const { return !peer.empty(); }
  };
  struct Session {
    std::string id;
    std::string robot;
    Side producer;
    Side consumer;
    ReportGate reports{};
    Side& side(protocol::Role role) { return role == protocol::Role::producer ? producer : consumer; }
  };
  /// What a party of a session sees of it.
  struct View {
    Session* session;
    Side* own;
    Side* other;
    bool is_producer;
  };

  void handle(const std::string& id, const protocol::SetProtocolVersion& message, Now now);
  void handle(const std::string& id, const protocol::SetPeerStatus& message, Now now);
  void handle(const std::string& id, const protocol::StartSession& message, Now now);
  void handle(const std::string& id, const protocol::EndSession& message, Now now);
  void handle(const std::string& id, const protocol::PeerMessage& message, Now now);
  void handle(const std::string& id, const protocol::List& message, Now now);
  void handle(const std::string& id, const protocol::ListConsumers& message, Now now);
  void handle(const std::string& id, const protocol::Configured& message, Now now);
  void refuse_who_asked(const std::string& id);

  bool may_change(const std::string& id, const protocol::PeerStatus& next, Now now);
  /// The peer that had the name until now and is gone for it, if there was one.
  std::optional<std::string> become_robot(const std::string& id, Peer& peer, Now now);
  void rename_sessions(const std::string& id, const Peer& peer, const std::string& robot);
  std::optional<Peer> depart(const std::string& id, Now now);
  Peer new_peer() const;
  void stop_roles(const std::string& id, Peer& peer, const protocol::PeerStatus& next, Now now);
  void end_all(const std::string& id, protocol::Role side, const std::string& why);
  bool overdue(const Session& session, Timestamp now) const;
  void resume(const std::string& id, const std::string& token);
  void restore(const std::string& id, const ResumeClaim& claim);
  void attach(Session& session, Side& side, const std::string& id);
  void end_unclaimed(const std::string& robot);
  void start(const std::string& asking, const std::string& producer, const std::string& consumer,
             const protocol::StartSession& asked);
  Session& add(Session session);
  void uncount_viewer(const std::string& robot);
  enum class Memory { keep, none };
  void end(const std::string& session_id, const std::string& by, const std::optional<std::string>& error,
           Memory memory = Memory::keep);
  void detach(Session& session, Side& side, Timestamp now);
  std::string resolve(const std::string& peer_or_robot) const;
  std::optional<View> view(const std::string& session_id, const std::string& peer);

  void send(const std::string& peer, protocol::FromServer message);
  void keep(Session& session, Side& side, protocol::FromServer message, const std::string& from);
  void count(Session& session, const protocol::ViewerReport& report, Timestamp now);
  std::deque<protocol::FromServer> take_pending(Session& session, Side& side);
  static const std::string& counted_for(const Session& session, const Side& side);
  std::vector<protocol::Peer> peers_with(protocol::Role role) const;
  void refuse(const std::string& peer, std::string code, std::string details, std::optional<std::string> session = {});
  void tell_listeners(protocol::PeerStatusChanged news, HeldNews::Known known);
  void tell_held();
  void forget_ended(Peer& peer, const std::string& session_id);
  Actions take() { return std::exchange(actions_, {}); }

  RoomLimits limits_;
  ResumeTokens tokens_;
  std::function<std::string()> new_session_id_;
  std::function<bool(const std::string&)> busy_ = [](const std::string&) { return false; };
  Fleet fleet_;
  std::map<std::string, Peer> peers_;
  std::map<std::string, Session> sessions_;
  RecentIds ended_while_away_;
  std::map<std::string, std::size_t> viewers_;  ///< of each robot that has any
  HeldNews held_news_;
  Backlogs backlogs_;
  Actions actions_;
};

}  // namespace bigfoot::server
