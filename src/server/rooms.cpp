#include "server/rooms.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/cut_utf8.hpp"
#include "protocol/codec.hpp"
#include "server/robot_name.hpp"

namespace bigfoot::server {
namespace {

using namespace protocol;

constexpr std::size_t shown_bytes_max = 64;  // of what a peer said, in what we say about it

std::string shown(const std::string& text) { return cut_utf8(text, shown_bytes_max); }

bool same_roles(const PeerStatus& a, const PeerStatus& b) {
  const auto same = [&](Role role) { return a.has(role) == b.has(role); };
  return same(Role::producer) && same(Role::listener) && same(Role::consumer);
}

/// Listeners hear of producers and consumers only.
bool concerns_listeners(const PeerStatus& status) { return status.has(Role::producer) || status.has(Role::consumer); }

constexpr const char* busy_text = "the other side has not read yet what was sent to it: send again in a while";

bool contains(const auto& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

Rooms::Rooms(RoomLimits limits, ResumeTokens tokens, std::function<std::string()> new_session_id)
    : limits_(limits),
      tokens_(std::move(tokens)),
      new_session_id_(std::move(new_session_id)),
      fleet_(limits.robots_remembered),
      ended_while_away_(limits.ended_remembered),
      backlogs_(limits.pending) {}

// --- peers come and go --------------------------------------------------------------------------------------------

Actions Rooms::join(const std::string& peer) {
  const bool fresh = peers_.emplace(peer, new_peer()).second;
  BIGFOOT_CHECK(fresh, "a peer id was given twice");
  send(peer, Welcome{peer, {"resume", "restart", "fragment", "report", "watch"}});
  return take();
}

void Rooms::join_virtual(const std::string& peer) {
  const auto [at, fresh] = peers_.emplace(peer, new_peer());
  BIGFOOT_CHECK(fresh, "a peer id was given twice");
  at->second.ours = at->second.v1_1 = at->second.is_virtual = true;
}

Actions Rooms::receive(const std::string& peer, const FromPeer& message, Now now) {
  if (!peers_.contains(peer)) return {};
  std::visit([&](const auto& m) { handle(peer, m, now); }, message);
  if (const auto at = peers_.find(peer); at != peers_.end()) at->second.spoke = true;
  return take();
}

Rooms::Peer Rooms::new_peer() const {
  return {.changes = TokenBucket(limits_.changes_per_second, limits_.changes_burst)};
}

Actions Rooms::leave(const std::string& id, Now now) {
  if (const auto peer = depart(id, now); peer && concerns_listeners(peer->status)) {
    PeerStatusChanged gone;
    gone.peer_id = id;
    gone.meta = peer->status.meta;
    tell_listeners(std::move(gone), HeldNews::Known::yes);
  }
  return take();
}

/// All of leaving but telling listeners.
std::optional<Rooms::Peer> Rooms::depart(const std::string& id, Now now) {
  const auto at = peers_.find(id);
  if (at == peers_.end()) return std::nullopt;
  Peer peer = std::move(at->second);
  peers_.erase(at);
  held_news_.forget(id);
  for (const std::string& session_id : peer.sessions) {
    const auto found = sessions_.find(session_id);
    if (found == sessions_.end()) continue;
    Session& session = found->second;
    Side& own = session.producer.peer == id ? session.producer : session.consumer;
    if (own.ours && !peer.is_virtual)
      detach(session, own, now.time);
    else
      end(session_id, id, "the other side left");
  }
  if (!peer.robot.empty()) {
    refuse_who_asked(id);
    fleet_.left(peer.robot, id, now.wall);
  }
  return peer;
}

Actions Rooms::tick(Now now) {
  std::vector<std::string> ids;
  for (const auto& [id, session] : sessions_)
    if (overdue(session, now.time)) ids.push_back(id);
  for (const std::string& id : ids) end(id, "", "the other side did not come back", Memory::none);
  tell_held();
  return take();
}

bool Rooms::overdue(const Session& session, Timestamp now) const {
  const Nanos window = session.producer.ours && session.consumer.ours ? limits_.offline_grace : limits_.resume_window;
  const auto late = [&](const Side& side) {
    return !side.present() && side.away_since && now - *side.away_since >= window;
  };
  return late(session.producer) || late(session.consumer);
}

/// A session left by both has nobody who could decide about it, so the window counts for both.
void Rooms::detach(Session& session, Side& side, Timestamp now) {
  side.peer.clear();
  for (Side* each : {&session.producer, &session.consumer})
    if (!each->present() && (each == &side || !each->away_since)) each->away_since = now;
}

// --- status -------------------------------------------------------------------------------------------------------

void Rooms::handle(const std::string& id, const SetProtocolVersion& message, Now) {
  Peer& peer = peers_.at(id);
  if (peer.spoke) return refuse(id, "late-version", "setProtocolVersion must be the first message of a connection");
  peer.v1_1 = message.v1_1;
}

void Rooms::handle(const std::string& id, const SetPeerStatus& message, Now now) {
  Peer& peer = peers_.at(id);
  if (message.has(Role::producer) && message.has(Role::consumer))
    return refuse(id, "bad-roles", "a peer cannot be producer and consumer at once: use two connections");
  PeerStatus next = message;
  next.peer_id = id;
  next.resume.clear();
  if (!may_change(id, next, now)) return;
  const bool changed = !same_roles(next, peer.status) || next.meta != peer.status.meta;
  peer.ours = peer.ours || message.meta.version || !message.resume.empty();
  const bool known = concerns_listeners(peer.status);
  std::optional<std::string> replaced;
  if (changed) {
    stop_roles(id, peer, next, now);
    peer.status = next;
    if (next.has(Role::producer)) replaced = become_robot(id, peer, now);
    if (!next.has(Role::listener)) held_news_.forget(id);
  }
  for (const std::string& token : message.resume) resume(id, token);
  if (!changed) return;
  if (!peer.robot.empty()) end_unclaimed(peer.robot);
  if (known || concerns_listeners(next))
    tell_listeners({next}, known ? HeldNews::Known::yes : HeldNews::Known::no);
  else if (next.has(Role::listener))  // GStreamer's JavaScript client waits for its own status before it goes on
    send(id, PeerStatusChanged{next});
  if (!replaced) return;
  PeerStatusChanged gone;  // after the new one and without a name: the robot itself was never away
  gone.peer_id = *replaced;
  tell_listeners(std::move(gone), HeldNews::Known::yes);
}

bool Rooms::may_change(const std::string& id, const PeerStatus& next, Now now) {
  Peer& peer = peers_.at(id);
  const bool same = same_roles(next, peer.status) && robot_name(next.meta, id) == robot_name(peer.status.meta, id);
  if (same || peer.changes.take(now.time)) return true;
  refuse(id, "too-many-changes", "a connection may change its roles or its name once a second: send the last again");
  return false;
}

/// Sessions in a role that the peer gives up end, and a robot that is one no more is offline.
void Rooms::stop_roles(const std::string& id, Peer& peer, const PeerStatus& next, Now now) {
  for (const Role role : {Role::producer, Role::consumer})
    if (peer.status.has(role) && !next.has(role)) end_all(id, role, "the other side changed its role");
  if (!peer.robot.empty() && !next.has(Role::producer)) {
    fleet_.left(peer.robot, id, now.wall);
    peer.robot.clear();
  }
}

void Rooms::end_all(const std::string& id, Role side, const std::string& why) {
  const auto sessions = peers_.at(id).sessions;
  for (const std::string& session : sessions)
    if (const auto at = sessions_.find(session); at != sessions_.end() && at->second.side(side).peer == id)
      end(session, id, why);
}

std::optional<std::string> Rooms::become_robot(const std::string& id, Peer& peer, Now now) {
  std::string name = robot_name(peer.status.meta, id);
  // A rename is no departure: one connection is one robot in the fleet's memory, whatever it calls itself.
  if (!peer.last_robot.empty() && peer.last_robot != name) fleet_.forget(peer.last_robot, id);
  rename_sessions(id, peer, name);
  peer.robot = peer.last_robot = std::move(name);
  std::optional<std::string> replaced;
  if (const RobotEntry* before = fleet_.find(peer.robot); before && before->online && before->peer_id != id) {
    replaced = before->peer_id;
    actions_.push_back(Close{*replaced, close_code::replaced, "another connection registered as " + shown(peer.robot)});
    depart(*replaced, now);
  }
  fleet_.came(peer.robot, id, addressable(peer.status.meta.cameras), now.wall);
  return replaced;
}

/// What counts by the robot's name goes with it. Tokens given under the old name are good for that name only.
void Rooms::rename_sessions(const std::string& id, const Peer& peer, const std::string& robot) {
  for (const std::string& session_id : peer.sessions) {
    const auto found = sessions_.find(session_id);
    if (found == sessions_.end() || found->second.producer.peer != id || found->second.robot == robot) continue;
    Session& session = found->second;
    backlogs_.rename(session.producer.pending, session.robot, robot);
    uncount_viewer(session.robot);
    session.robot = robot;
    ++viewers_[robot];
  }
}

// --- sessions -----------------------------------------------------------------------------------------------------

std::string Rooms::resolve(const std::string& peer_or_robot) const {
  if (peers_.contains(peer_or_robot)) return peer_or_robot;
  const RobotEntry* robot = fleet_.find(peer_or_robot);
  return robot ? robot->peer_id : std::string();
}

void Rooms::handle(const std::string& id, const StartSession& message, Now) {
  Peer& asking = peers_.at(id);
  asking.ours = asking.ours || message.client.has_value();
  const auto target = peers_.find(resolve(message.peer_id));
  if (target == peers_.end())
    return refuse(id, "no-peer",
                  "no robot or peer \"" + shown(message.peer_id) + "\" is online: send list to see who is");
  if (target->first == id) return refuse(id, "no-peer", "a peer cannot start a session with itself");
  const Peer& other = target->second;
  if (other.status.has(Role::producer)) {
    for (const std::string& camera : message.cameras)
      if (!other.status.meta.cameras.empty() && !contains(other.status.meta.cameras, camera))
        return refuse(id, "no-camera", "robot " + other.robot + " has no camera \"" + shown(camera) + "\"");
    return start(id, target->first, id, message);
  }
  if (other.status.has(Role::consumer)) return start(id, id, target->first, message);
  refuse(id, "no-peer", "peer \"" + shown(message.peer_id) + "\" is neither producer nor consumer");
}

void Rooms::start(const std::string& asking, const std::string& producer, const std::string& consumer,
                  const StartSession& asked) {
  Peer& source = peers_.at(producer);
  Peer& sink = peers_.at(consumer);
  if (source.sessions.size() >= limits_.sessions_per_producer || sink.sessions.size() >= limits_.sessions_per_consumer)
    return refuse(asking, "too-many-sessions",
                  "too many viewers: one of the two sides has all the sessions it may have; end one first");
  if (busy_(producer == asking ? consumer : producer)) return refuse(asking, "peer-busy", busy_text);
  const std::string id = new_session_id_();
  Session session{id, source.robot, Side{producer, source.ours}, Side{consumer, sink.ours}};
  const auto token = [&](const Peer& peer, Role side) {
    return peer.ours ? std::optional(tokens_.issue({id, side, source.robot})) : std::nullopt;
  };
  source.sessions.insert(id);
  sink.sessions.insert(id);
  send(consumer, SessionStarted{producer, id, token(sink, Role::consumer)});
  StartSession to_producer{consumer, id, asked.offer, {}, {}, token(source, Role::producer)};
  if (source.ours) {
    to_producer.cameras = asked.cameras;
    to_producer.client = asked.client;
    to_producer.channels = asked.channels;
  }
  send(producer, std::move(to_producer));
  add(std::move(session));
}

Rooms::Session& Rooms::add(Session session) {
  ++viewers_[session.robot];
  const std::string id = session.id;
  return sessions_.emplace(id, std::move(session)).first->second;
}

void Rooms::uncount_viewer(const std::string& robot) {
  if (const auto at = viewers_.find(robot); --at->second == 0) viewers_.erase(at);
}

std::optional<Rooms::View> Rooms::view(const std::string& session_id, const std::string& peer) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return std::nullopt;
  Session& session = found->second;
  if (session.producer.peer == peer) return View{&session, &session.producer, &session.consumer, true};
  if (session.consumer.peer == peer) return View{&session, &session.consumer, &session.producer, false};
  return std::nullopt;
}

void Rooms::handle(const std::string& id, const EndSession& message, Now) {
  if (view(message.session_id, id)) return end(message.session_id, id, message.error);
  if (!peers_.at(id).ended.contains(message.session_id))
    refuse(id, "no-session", "this connection has no session \"" + shown(message.session_id) + "\"",
           message.session_id);
}

void Rooms::handle(const std::string& id, const PeerMessage& message, Now now) {
  const auto seen = view(message.session_id, id);
  if (!seen) {
    if (peers_.at(id).ended.contains(message.session_id)) return;
    return refuse(id, "no-session", "this connection has no session \"" + shown(message.session_id) + "\"",
                  message.session_id);
  }
  const auto* sdp = std::get_if<Sdp>(&message.content);
  if (sdp && sdp->type == Sdp::Type::offer && !seen->is_producer)
    return refuse(id, "not-producer", "only the producer of a session sends offers: ask for one with restart",
                  message.session_id);
  const bool restart = std::holds_alternative<RestartIce>(message.content);
  if (restart && seen->is_producer)
    return refuse(id, "not-consumer", "only the consumer of a session asks for a restart: send an offer",
                  message.session_id);
  const bool report = std::holds_alternative<ViewerReport>(message.content);
  if (report && seen->is_producer)
    return refuse(id, "not-consumer", "only the consumer of a session reports what it sees", message.session_id);
  const bool watch = std::holds_alternative<Watch>(message.content);
  if (watch && seen->is_producer)
    return refuse(id, "not-consumer", "only the consumer of a session says what it watches", message.session_id);
  const bool ours = restart || report || watch || std::holds_alternative<Fragment>(message.content);
  if (ours && !seen->other->ours)
    return refuse(id, "unsupported", "the other side speaks GStreamer's protocol only", message.session_id);
  // Old news when the robot is back: the viewer says then what it watches. What waits for it has few places.
  if ((report || watch) && !seen->other->present()) return;
  if (report) count(*seen->session, std::get<ViewerReport>(message.content), now.time);
  if (seen->other->present() && busy_(seen->other->peer)) return refuse(id, "peer-busy", busy_text, message.session_id);
  if (seen->other->present()) return send(seen->other->peer, message);
  keep(*seen->session, *seen->other, message, id);
}

void Rooms::count(Session& session, const ViewerReport& report, Timestamp now) {
  const auto robot = peers_.find(session.producer.peer);
  if (robot != peers_.end() && session.reports.admit(report.camera, robot->second.status.meta.cameras, now))
    actions_.push_back(Seen{session.robot, report});
}

/// `by` is told nothing; it may be a peer that is gone, or empty when the server ends the session.
void Rooms::end(const std::string& session_id, const std::string& by, const std::optional<std::string>& error,
                Memory memory) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return;
  Session session = std::move(found->second);
  sessions_.erase(found);
  uncount_viewer(session.robot);
  for (Side* side : {&session.producer, &session.consumer}) {
    take_pending(session, *side);
    if (!side->present()) {
      if (side->ours && memory == Memory::keep) ended_while_away_.add(session_id);
      continue;
    }
    const auto at = peers_.find(side->peer);
    if (at == peers_.end()) continue;
    forget_ended(at->second, session_id);
    if (side->peer == by) continue;
    EndSession message{session_id, std::nullopt, at->second.v1_1};
    if (at->second.v1_1) message.error = error;
    send(side->peer, std::move(message));
  }
}

void Rooms::forget_ended(Peer& peer, const std::string& session_id) {
  peer.sessions.erase(session_id);
  peer.ended.add(session_id);
}

// --- asking and telling -------------------------------------------------------------------------------------------

void Rooms::handle(const std::string& id, const List&, Now) { send(id, Producers{peers_with(Role::producer)}); }

void Rooms::handle(const std::string& id, const ListConsumers&, Now) {
  send(id, Consumers{peers_with(Role::consumer)});
}

/// A few peers with a large meta must not make the list of all others unreadable.
std::vector<protocol::Peer> Rooms::peers_with(Role role) const {
  constexpr std::size_t row_bytes = 24;  // {"id":"","meta":},
  std::vector<protocol::Peer> list;
  std::size_t bytes = 0;
  for (const auto& [peer_id, peer] : peers_) {
    if (!peer.status.has(role)) continue;
    protocol::Peer row{peer_id, peer.status.meta};
    const auto after = [&] { return bytes + row_bytes + row.id.size() + row.meta.json.size(); };
    if (after() > limits_.list_full_bytes) row.meta = protocol::name_only(robot_name(row.meta, peer_id));
    if (after() > limits_.list_bytes) break;
    bytes = after();
    list.push_back(std::move(row));
  }
  return list;
}

void Rooms::send(const std::string& peer, FromServer message) { actions_.push_back(Send{peer, std::move(message)}); }

/// By whose name what waits for a side is counted: a robot's, nobody's for a viewer.
const std::string& Rooms::counted_for(const Session& session, const Side& side) {
  static const std::string nobody;
  return &side == &session.producer ? session.robot : nobody;
}

void Rooms::keep(Session& session, Side& side, FromServer message, const std::string& from) {
  if (backlogs_.keep(side.pending, counted_for(session, side), std::move(message))) return;
  refuse(from, "peer-away",
         "the other side is reconnecting and enough is waiting for it: send again after sessionResumed", session.id);
}

std::deque<FromServer> Rooms::take_pending(Session& session, Side& side) {
  return backlogs_.take(side.pending, counted_for(session, side));
}

void Rooms::refuse(const std::string& peer, std::string code, std::string details, std::optional<std::string> session) {
  send(peer, ErrorMessage{std::move(details), std::move(code), std::move(session)});
}

/// What others do must not cut a listener whose queue is full, so its news waits. More than may be held takes its
/// chance.
void Rooms::tell_listeners(PeerStatusChanged news, HeldNews::Known known) {
  const auto shared = std::make_shared<const PeerStatusChanged>(std::move(news));
  for (const auto& [id, peer] : peers_) {
    if (!peer.status.has(Role::listener)) continue;
    const bool wait = held_news_.waits(id) || busy_(id);  // behind what waits already: the order of changes is kept
    if (!wait || !held_news_.hold(id, shared, known)) send(id, *shared);
  }
}

void Rooms::tell_held() {
  for (const std::string& id : held_news_.listeners())
    if (!busy_(id))
      for (PeerStatusChanged& news : held_news_.take(id)) send(id, std::move(news));
}

std::size_t Rooms::viewers(const std::string& robot) const {
  const auto at = viewers_.find(robot);
  return at == viewers_.end() ? 0 : at->second;
}

std::map<std::string, std::size_t> Rooms::peers_by_role() const {
  std::map<std::string, std::size_t> count{{"producer", 0}, {"consumer", 0}, {"listener", 0}, {"none", 0}};
  for (const auto& [id, peer] : peers_) {
    if (peer.is_virtual) continue;
    const PeerStatus& status = peer.status;
    ++count[status.has(Role::producer)   ? "producer"
            : status.has(Role::consumer) ? "consumer"
            : status.has(Role::listener) ? "listener"
                                         : "none"];
  }
  return count;
}

}  // namespace bigfoot::server
