#include "robot/session_state.hpp"

namespace bigfoot::robot {
namespace {

using Actions = std::vector<SessionAction>;

SessionStep end(std::string reason, Timestamp now, Actions actions) {
  actions.push_back(SessionAction::release);
  return {{SessionState::ended, now, std::move(reason)}, std::move(actions)};
}

SessionStep stay(const SessionLife& life) { return {life, {}}; }

bool plays(SessionState state) { return state == SessionState::live || state == SessionState::path_lost; }

}  // namespace

const char* to_string(SessionState state) {
  switch (state) {
    case SessionState::offered: return "offered";
    case SessionState::connecting: return "connecting";
    case SessionState::live: return "live";
    case SessionState::path_lost: return "path_lost";
    case SessionState::ended: return "ended";
  }
  return "ended";
}

SessionStep step(const SessionLife& life, SessionEvent event, Timestamp now, const std::string& reason) {
  if (life.state == SessionState::ended) return stay(life);
  const Actions halt = plays(life.state) ? Actions{SessionAction::stop_media} : Actions{};
  switch (event) {
    case SessionEvent::viewer_left: return end(reason, now, halt);
    case SessionEvent::failed: {
      Actions actions = halt;
      actions.push_back(SessionAction::tell_peer);
      return end(reason, now, std::move(actions));
    }
    case SessionEvent::tick:
      if (life.state != SessionState::offered || now < life.since + answer_max) return stay(life);
      return step(life, SessionEvent::failed, now, "the viewer never answered the offer");
    case SessionEvent::described:
      if (life.state != SessionState::offered) return stay(life);  // a renegotiation
      return {{SessionState::connecting, now, {}}, {}};
    case SessionEvent::connected:
      if (life.state == SessionState::live) return stay(life);
      return {{SessionState::live, now, {}},
              {life.state == SessionState::path_lost ? SessionAction::resume_media : SessionAction::start_media}};
    case SessionEvent::disconnected:
      if (life.state != SessionState::live) return stay(life);
      return {{SessionState::path_lost, now, {}}, {SessionAction::new_path}};
  }
  return stay(life);
}

}  // namespace bigfoot::robot
