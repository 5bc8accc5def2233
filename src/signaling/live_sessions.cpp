#include "signaling/live_sessions.hpp"

#include <algorithm>

namespace bigfoot::signaling {

using protocol::EndSession;
using protocol::FromPeer;
using protocol::FromServer;
using protocol::PeerMessage;

std::vector<FromPeer> LiveSessions::received(const FromServer& message) {
  if (const auto* start = std::get_if<protocol::StartSession>(&message)) {
    if (start->session_id) began(*start->session_id, start->resume_token);
  } else if (const auto* started = std::get_if<protocol::SessionStarted>(&message)) {
    began(started->session_id, started->resume_token);
  } else if (const auto* end = std::get_if<EndSession>(&message)) {
    forget(end->session_id);
  } else if (const auto* error = std::get_if<protocol::ErrorMessage>(&message)) {
    if (error->session_id && (error->code == "no-session" || error->code == "bad-token")) forget(*error->session_id);
  } else if (const auto* back = std::get_if<protocol::SessionResumed>(&message)) {
    return resumed(back->session_id);
  }
  return {};
}

LiveSessions::Fate LiveSessions::sending(const FromPeer& message, bool online) {
  const Fate without_session = online ? Fate::now : Fate::lost;
  if (const auto* end = std::get_if<EndSession>(&message)) {
    const auto session = sessions_.find(end->session_id);
    if (session == sessions_.end()) return without_session;
    if (online)
      forget(end->session_id);
    else
      take_leave(session->first, session->second, *end);
    return online ? Fate::now : Fate::kept;
  }
  if (const auto* inner = std::get_if<PeerMessage>(&message)) {
    const auto session = sessions_.find(inner->session_id);
    if (session == sessions_.end()) return without_session;
    if (online && !session->second.suspended) return Fate::now;
    keep(inner->session_id, message);
    return Fate::kept;
  }
  return without_session;
}

void LiveSessions::take_leave(const std::string& session_id, Session& session, const EndSession& farewell) {
  std::erase_if(kept_, [&](const Kept& each) { return each.session_id == session_id; });
  session.farewell = farewell;
}

void LiveSessions::disconnected() {
  std::erase_if(sessions_, [](const auto& row) { return row.second.token.empty(); });
  for (auto& [id, session] : sessions_) session.suspended = true;
}

std::vector<std::string> LiveSessions::tokens() const {
  std::vector<std::string> all;
  for (const auto& [id, session] : sessions_)
    if (!session.token.empty()) all.push_back(session.token);
  return all;
}

std::vector<FromPeer> LiveSessions::take_farewells() {
  std::vector<FromPeer> all;
  for (const auto& [id, session] : sessions_)
    if (session.farewell) all.push_back(*session.farewell);
  std::erase_if(sessions_, [](const auto& row) { return row.second.farewell.has_value(); });
  return all;
}

void LiveSessions::began(const std::string& session_id, const std::optional<std::string>& token) {
  sessions_[session_id] = {token.value_or(""), false};
}

void LiveSessions::forget(const std::string& session_id) {
  sessions_.erase(session_id);
  std::erase_if(kept_, [&](const Kept& each) { return each.session_id == session_id; });
}

std::vector<FromPeer> LiveSessions::resumed(const std::string& session_id) {
  const auto session = sessions_.find(session_id);
  if (session == sessions_.end()) return {};
  session->second.suspended = false;
  std::vector<FromPeer> now;
  for (Kept& each : kept_)
    if (each.session_id == session_id) now.push_back(std::move(each.message));
  std::erase_if(kept_, [&](const Kept& each) { return each.session_id == session_id; });
  return now;
}

void LiveSessions::keep(std::string session_id, FromPeer message) {
  kept_.push_back({std::move(session_id), std::move(message)});
  if (kept_.size() <= kept_max) return;
  kept_.pop_front();
  ++dropped_;
}

}  // namespace bigfoot::signaling
