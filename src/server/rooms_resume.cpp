// Rooms: peers that come back to their sessions with a token.

#include "server/rooms.hpp"

namespace bigfoot::server {

using namespace protocol;

void Rooms::resume(const std::string& id, const std::string& token) {
  Peer& peer = peers_.at(id);
  const auto claim = tokens_.verify(token);
  const bool fits = claim && (claim->side == Role::consumer || peer.robot == claim->robot);
  if (!fits)
    return refuse(id, "bad-token",
                  "a resume token is not from this server or not for this robot: start the session anew");
  const bool holds = peer.sessions.contains(claim->session_id);
  const std::size_t most =
      claim->side == Role::producer ? limits_.sessions_per_producer : limits_.sessions_per_consumer;
  if (!holds && peer.sessions.size() >= most)
    return refuse(id, "too-many-sessions", "too many sessions on this connection: end one first", claim->session_id);
  restore(id, *claim);
}

void Rooms::restore(const std::string& id, const ResumeClaim& claim) {
  const auto found = sessions_.find(claim.session_id);
  if (found == sessions_.end()) {  // this server was restarted: the token is all that is left of the session
    const RobotEntry* robot = fleet_.find(claim.robot);
    const bool robot_lost_it = claim.side == Role::consumer && robot && robot->online;
    if (robot_lost_it || ended_while_away_.contains(claim.session_id))
      return send(id, EndSession{claim.session_id, std::nullopt, peers_.at(id).v1_1});
    Session& session = add({claim.session_id, claim.robot, {}, {}});
    session.producer.ours = session.consumer.ours = true;
    return attach(session, session.side(claim.side), id);
  }
  attach(found->second, found->second.side(claim.side), id);
}

/// A side may be taken from a socket that still looks alive: after a network change the new one is here first.
void Rooms::attach(Session& session, Side& side, const std::string& id) {
  if (side.peer == id) return;
  Side& other = &side == &session.producer ? session.consumer : session.producer;
  if (other.peer == id) return refuse(id, "bad-token", "one connection cannot be both sides of a session", session.id);
  if (const auto old = peers_.find(side.peer); old != peers_.end()) forget_ended(old->second, session.id);
  side.peer = id;
  side.ours = true;
  side.away_since.reset();
  peers_.at(id).sessions.insert(session.id);
  if (!other.present()) return;
  send(id, SessionResumed{other.peer, session.id});
  if (other.ours) send(other.peer, SessionResumed{id, session.id});
  for (Side* each : {&side, &other})
    for (FromServer& message : take_pending(session, *each)) send(each->peer, std::move(message));
}

/// A robot that registers without the token of a session has lost it (it was restarted): its viewer need not wait.
void Rooms::end_unclaimed(const std::string& robot) {
  std::vector<std::string> lost;
  for (const auto& [id, session] : sessions_)
    if (session.robot == robot && !session.producer.present()) lost.push_back(id);
  for (const std::string& id : lost) end(id, "", "the robot was restarted");
}

}  // namespace bigfoot::server
