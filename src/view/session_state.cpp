#include "view/session_state.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::view {
namespace {

using Actions = std::vector<ViewAction>;

/// A way that was just found brings something within a round trip or two; the silence so far was the lost one's.
constexpr Nanos path_settles = 1s;

ViewStep stay(ViewLife life, Actions actions = {}) { return {std::move(life), std::move(actions)}; }

ViewLife into(ViewLife life, ViewState state, Timestamp now, std::optional<Timestamp> due = {}) {
  if (life.state != state) life.since = now;
  life.state = state;
  life.due = due;
  return life;
}

/// Frees what there is of a session.
Actions end_session(ViewLife& life) {
  if (!std::exchange(life.in_session, false)) return {};
  return {ViewAction::end_session};
}

ViewStep begin(ViewLife life, Timestamp now) {
  Actions actions = end_session(life);
  if (!life.signaling) return stay(into(std::move(life), ViewState::server, now), std::move(actions));
  if (!life.robot_here)
    return stay(into(std::move(life), ViewState::robot, now, now + robot_pause), std::move(actions));
  life.in_session = true;
  actions.push_back(ViewAction::begin_session);
  return stay(into(std::move(life), ViewState::offer, now, now + offer_max), std::move(actions));
}

ViewStep retry(ViewLife life, std::string why, Timestamp now) {
  Actions actions = end_session(life);
  const auto pause = pauses[std::min<std::size_t>(static_cast<std::size_t>(life.attempts), pauses.size() - 1)];
  ++life.attempts;
  life.why = std::move(why);
  const ViewState state = life.signaling ? ViewState::pause : ViewState::server;
  return stay(into(std::move(life), state, now, now + pause), std::move(actions));
}

bool has_path(ViewState state) {
  return state == ViewState::first_picture || state == ViewState::live || state == ViewState::frozen ||
         state == ViewState::recovering;
}

ViewStep new_session(ViewLife life, std::string why, Timestamp now) {
  if (life.state == ViewState::live) life.trouble_since = now;
  life.remedy = Remedy::session;
  life.why = std::move(why);
  ++life.attempts;
  return begin(std::move(life), now);
}

ViewStep ask_path(ViewLife life) {
  life.remedy = Remedy::path;
  return stay(std::move(life), {ViewAction::new_path});
}

ViewStep lose_path(ViewLife life, const Sight& sight, Timestamp now) {
  if (life.state == ViewState::live) life.trouble_since = now - sight.age;
  life.why = "the connection was lost";
  if (!life.can_restart) return new_session(std::move(life), "the connection was lost", now);
  life.lost_at = now;
  life = into(std::move(life), ViewState::recovering, now, now + path_max);
  return life.signaling ? ask_path(std::move(life)) : stay(std::move(life));
}

/// No server: what lives, lives on.
ViewStep server_down(ViewLife life, const std::string& why, Timestamp now) {
  life.signaling = false;
  if (has_path(life.state) || life.state == ViewState::connecting) return stay(std::move(life));
  Actions actions = end_session(life);
  life.why = why;
  if (life.state == ViewState::server) return stay(std::move(life), std::move(actions));  // still: `since` tells it
  return stay(into(std::move(life), ViewState::server, now), std::move(actions));
}

ViewStep robot_gone(ViewLife life, Timestamp now) {
  life.robot_here = false;
  if (has_path(life.state) || life.state == ViewState::connecting || life.state == ViewState::server)
    return stay(std::move(life));
  Actions actions = end_session(life);
  return stay(into(std::move(life), ViewState::robot, now, now + robot_pause), std::move(actions));
}

ViewStep robot_here(ViewLife life, Timestamp now) {
  life.robot_here = true;
  switch (life.state) {
    case ViewState::robot:
    case ViewState::refused:
    case ViewState::pause: return begin(std::move(life), now);
    default: return stay(std::move(life));
  }
}

ViewStep refused(ViewLife life, const std::string& why, Timestamp now) {
  if (life.state != ViewState::offer) return stay(std::move(life));
  Actions actions = end_session(life);
  life.why = why;
  ++life.attempts;
  return stay(into(std::move(life), ViewState::refused, now, now + refused_pause), std::move(actions));
}

/// The other side knows: nothing is to be told it, but what is here must be freed.
ViewStep ended(ViewLife life, const std::string& why, Timestamp now) {
  if (!life.in_session) return stay(std::move(life));
  if (life.state == ViewState::offer && !why.empty()) return refused(std::move(life), why, now);
  if (life.state == ViewState::live) life.trouble_since = now;
  life.remedy = Remedy::session;
  return retry(std::move(life), why.empty() ? "the robot ended the session" : why, now);
}

ViewStep offered(ViewLife life, Timestamp now) {
  if (life.state == ViewState::offer) return stay(into(std::move(life), ViewState::connecting, now, now + connect_max));
  if (life.state == ViewState::recovering) life.due = now + path_max;
  return stay(std::move(life));
}

ViewStep connected(ViewLife life, Timestamp now) {
  if (life.state == ViewState::connecting) {
    if (!life.ever_live) life.trouble_since = now;
    return stay(into(std::move(life), ViewState::first_picture, now));
  }
  if (life.state != ViewState::recovering) return stay(std::move(life));
  return stay(into(std::move(life), ViewState::frozen, now, now + path_settles), {ViewAction::ask_keyframe});
}

ViewStep picture(ViewLife life, Timestamp now) {
  ViewStep next = stay(into(std::move(life), ViewState::live, now));
  if (next.life.ever_live && next.life.remedy != Remedy::none)
    next.recovered = Recovery{next.life.remedy, now - next.life.trouble_since};
  next.life.ever_live = true;
  next.life.attempts = 0;
  next.life.remedy = Remedy::none;
  next.life.why.clear();
  return next;
}

/// Without a server there is no other one, and this one may yet give pictures.
bool session_can_be_had(const ViewLife& life) { return life.signaling && life.robot_here; }

ViewStep dark(ViewLife life, const Sight& sight, Timestamp now) {
  if (sight.silent && now >= life.due.value_or(now)) return lose_path(std::move(life), sight, now);
  if (!session_can_be_had(life)) return stay(std::move(life));
  if (sight.stuck) return new_session(std::move(life), "the decoder gives no picture", now);
  const Nanos unfed = std::min<Nanos>(unfed_max * (1 << std::min(life.attempts, 3)), 60s);
  if (now - std::max(life.trouble_since, life.since) >= unfed)
    return new_session(std::move(life), "no picture came", now);
  return stay(std::move(life));
}

ViewStep overdue(ViewLife life, Timestamp now) {
  switch (life.state) {
    case ViewState::offer: return retry(std::move(life), "nobody answered within 6 s", now);
    case ViewState::connecting: return retry(std::move(life), "no way to the robot within 10 s", now);
    case ViewState::robot: life.robot_here = true; return begin(std::move(life), now);
    case ViewState::pause:
    case ViewState::refused: return begin(std::move(life), now);
    case ViewState::recovering:
      // Without a server there is no other session; libnice may still find the way.
      if (!life.signaling) return stay(std::move(life));
      return new_session(std::move(life), "no way to the robot within 5 s", now);
    default: return stay(std::move(life));
  }
}

ViewStep look(ViewLife life, const Sight& sight, Timestamp now) {
  const bool picture_came = sight.fresh && now - sight.arrived > life.lost_at;
  if (has_path(life.state) && picture_came && life.state != ViewState::live) return picture(std::move(life), now);
  if (life.state == ViewState::live && !sight.fresh) {
    life.trouble_since = now - sight.age;
    life.why = "no new picture";
    return stay(into(std::move(life), ViewState::frozen, now));
  }
  if (life.state == ViewState::live && sight.stuck && session_can_be_had(life))
    return new_session(std::move(life), "the decoder of a camera gives no picture", now);
  if (life.state == ViewState::frozen || life.state == ViewState::first_picture)
    return dark(std::move(life), sight, now);
  if (life.due && now >= *life.due) return overdue(std::move(life), now);
  return stay(std::move(life));
}

ViewStep server_up(ViewLife life, Timestamp now) {
  life.signaling = true;
  if (!has_path(life.state) && life.state != ViewState::connecting) return begin(std::move(life), now);
  return stay(std::move(life));  // resumed or ended follows
}

ViewStep resumed(ViewLife life, Timestamp now) {
  if (life.state != ViewState::recovering) return stay(std::move(life));
  life.due = now + path_max;
  return ask_path(std::move(life));
}

std::string because(const std::string& what, const std::string& why) { return why.empty() ? what : what + ": " + why; }

}  // namespace

const char* to_string(ViewState state) {
  switch (state) {
    case ViewState::server: return "server";
    case ViewState::robot: return "robot";
    case ViewState::refused: return "refused";
    case ViewState::pause: return "pause";
    case ViewState::offer: return "offer";
    case ViewState::connecting: return "connecting";
    case ViewState::first_picture: return "first_picture";
    case ViewState::live: return "live";
    case ViewState::frozen: return "frozen";
    case ViewState::recovering: return "recovering";
  }
  return "server";
}

const char* to_string(Remedy remedy) {
  switch (remedy) {
    case Remedy::none: return "none";
    case Remedy::keyframe: return "keyframe";
    case Remedy::decoder: return "decoder";
    case Remedy::path: return "path";
    case Remedy::session: return "session";
  }
  return "none";
}

std::string in_words(const ViewLife& life, std::string_view server, std::string_view robot) {
  const std::string name(robot);
  switch (life.state) {
    case ViewState::server: return because("waiting for the server " + std::string(server), life.why);
    case ViewState::robot:
      return life.ever_live ? "waiting for " + name + ", which is away"
                            : "waiting for " + name + ": the server has no robot of that name online";
    case ViewState::refused: return because("refused, asking again every 5 s", life.why);
    case ViewState::pause: return because("trying again", life.why);
    case ViewState::offer: return "waiting for the offer of " + name;
    case ViewState::connecting: return "connecting to " + name;
    case ViewState::first_picture: return "connected, waiting for the first picture of " + name;
    case ViewState::live: return "live: " + name;
    case ViewState::frozen: return "FROZEN: no new picture of " + name + " comes";
    case ViewState::recovering: return because("looking for another way to " + name, life.why);
  }
  return {};
}

ViewStep step(const ViewLife& life, const ViewEvent& event, Timestamp now) {
  switch (event.kind) {
    case ViewEventKind::server_up: return server_up(life, now);
    case ViewEventKind::server_down: return server_down(life, event.why, now);
    case ViewEventKind::robot_here: return robot_here(life, now);
    case ViewEventKind::robot_gone: return robot_gone(life, now);
    case ViewEventKind::refused: return refused(life, event.why, now);
    case ViewEventKind::ended: return ended(life, event.why, now);
    case ViewEventKind::offered: return offered(life, now);
    case ViewEventKind::resumed: return resumed(life, now);
    case ViewEventKind::connected: return connected(life, now);
    case ViewEventKind::disconnected:
      return has_path(life.state) && life.state != ViewState::recovering ? lose_path(life, event.sight, now)
                                                                         : stay(life);
    case ViewEventKind::failed:
      if (!life.in_session) return stay(life);
      return ended(life, event.why, now);
    case ViewEventKind::look: return look(life, event.sight, now);
  }
  return stay(life);
}

}  // namespace bigfoot::view
