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

std::string overdue(SessionState state) {
  switch (state) {
    case SessionState::offered: return "the viewer never answered the offer";
    case SessionState::connecting: return "no connection came up (ICE or DTLS never finished)";
    case SessionState::path_lost: return "the path was lost and did not come back";
    case SessionState::live:
    case SessionState::ended: break;
  }
  return "";
}

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

std::optional<Timestamp> deadline(const SessionLife& life, const SessionLimits& limits) {
  switch (life.state) {
    case SessionState::offered: return life.since + limits.offered_max;
    case SessionState::connecting: return life.since + limits.connecting_max;
    case SessionState::path_lost: return life.since + limits.path_lost_max;
    case SessionState::live:
    case SessionState::ended: return std::nullopt;
  }
  return std::nullopt;
}

SessionStep step(const SessionLife& life, SessionEvent event, Timestamp now, const SessionLimits& limits,
                 const std::string& reason) {
  if (life.state == SessionState::ended) return stay(life);
  const Actions halt = plays(life.state) ? Actions{SessionAction::stop_media} : Actions{};
  switch (event) {
    case SessionEvent::viewer_left: return end(reason, now, halt);
    case SessionEvent::failed: {
      Actions actions = halt;
      actions.push_back(SessionAction::tell_peer);
      return end(reason, now, std::move(actions));
    }
    case SessionEvent::tick: {
      const auto due = deadline(life, limits);
      if (!due || now < *due) return stay(life);
      return step(life, SessionEvent::failed, now, limits, overdue(life.state));
    }
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
