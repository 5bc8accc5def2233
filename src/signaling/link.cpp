#include "signaling/link.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace bigfoot::signaling {
namespace {

constexpr std::uint16_t normal = 1000;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t replaced = 4002;

struct CloseRow {
  std::uint16_t code;
  const char* words;
};
// docs/protocol.md has the same table.
constexpr std::array<CloseRow, 13> close_rows{{
    {1000, "the server ended the connection"},
    {1001, "the server goes away"},
    {1002, "the server saw a protocol error"},
    {1003, "the server does not take binary messages"},
    {1008, "the server refused us"},
    {1009, "a message was too large for the server"},
    {1011, "the server failed"},
    {1012, "the server restarts"},
    {1013, "the server is overloaded"},
    {4000, "we read too slowly"},
    {4001, "the server heard nothing from us"},
    {4002, "another robot registered under the same name: give each its own"},
    {4003, "we made too many errors"},
}};

std::string seconds(Nanos span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", to_seconds(span));
  return text;
}

/// One transition: the state in the making and what is to be done.
class Transition {
 public:
  Transition(LinkState state, Timestamp now) : now_(now) { out_.state = std::move(state); }

  LinkStep take() { return std::move(out_); }

  void operator()(const link_event::Start&) {
    if (state().phase == Phase::stopped) connect();
  }
  void operator()(const link_event::Opened&) {
    if (state().phase == Phase::connecting) enter(Phase::welcoming, state().times.welcome);
  }
  void operator()(const link_event::Welcomed&) {
    if (state().phase != Phase::welcoming) return;
    enter(Phase::online, state().times.silence);
    state().failed = 0;
    state().online_since = now_;
    state().reason.clear();
  }
  void operator()(const link_event::Heard&) {
    if (state().phase == Phase::online) state().deadline = now_ + state().times.silence;
  }
  void operator()(const link_event::Lost& lost) {
    if (state().phase == Phase::online)
      leave_online(lost);
    else if (state().phase == Phase::connecting || state().phase == Phase::welcoming)
      next_server(lost);
  }
  void operator()(const link_event::TimePassed&) {
    if (state().phase == Phase::stopped || now_ < state().deadline) return;
    switch (state().phase) {
      case Phase::stopped: break;
      case Phase::waiting: connect(); break;
      case Phase::connecting:
        drop("no answer");
        next_server({"no answer for " + seconds(state().times.connect), 0, std::nullopt});
        break;
      case Phase::welcoming:
        drop("no welcome");
        next_server({"it sent no welcome for " + seconds(state().times.welcome) + ": is it a signaling server?", 0,
                     std::nullopt});
        break;
      case Phase::online:
        drop("silent");
        leave_online({"silent for " + seconds(state().times.silence), 0, std::nullopt});
        break;
    }
  }
  void operator()(const link_event::NetworkChanged&) {
    const Phase was = state().phase;
    if (was == Phase::stopped) return;
    if (was != Phase::waiting) drop("network changed");
    if (was == Phase::online) act(link_action::TellLost{state().url, "the network changed", Nanos{0}});
    state().backoff.reset();
    state().failed = 0;
    connect();
  }
  void operator()(const link_event::Stop&) {
    const Phase was = state().phase;
    state().phase = Phase::stopped;
    state().failed = 0;
    if (was != Phase::stopped && was != Phase::waiting) act(link_action::Drop{normal, "stopped"});
  }

 private:
  LinkState& state() { return out_.state; }
  template <class Action>
  void act(Action action) {
    out_.actions.emplace_back(std::move(action));
  }
  void drop(const char* why) { act(link_action::Drop{going_away, why}); }
  void enter(Phase phase, Nanos at_most) {
    state().phase = phase;
    state().deadline = now_ + at_most;
  }
  void connect() {
    enter(Phase::connecting, state().times.connect);
    act(link_action::Connect{state().url});
  }
  void next_server(const link_event::Lost& lost) {
    const std::size_t tried = state().url;
    state().reason = lost.reason;
    state().url = (tried + 1) % state().urls;
    if (++state().failed < state().urls) {
      act(link_action::TellLost{tried, lost.reason, Nanos{0}});
      return connect();
    }
    wait(tried, lost);
  }
  void leave_online(const link_event::Lost& lost) {
    // A server that welcomes us and throws us out at once must not be asked four times a second.
    if (now_ - state().online_since >= state().times.longest_pause) state().backoff.reset();
    state().reason = lost.reason;
    wait(state().url, lost);
  }
  void wait(std::size_t tried, const link_event::Lost& lost) {
    Nanos pause = state().backoff.next();
    if (lost.retry_after)
      pause = std::clamp(*lost.retry_after, Nanos{0}, state().times.longest_retry_after);
    else if (lost.code == replaced)
      pause += state().times.replaced_pause;
    state().failed = 0;
    enter(Phase::waiting, pause);
    act(link_action::TellLost{tried, lost.reason, pause});
  }

  LinkStep out_{LinkState({}, 1, 0), {}};
  Timestamp now_;
};

}  // namespace

const char* to_string(Phase phase) {
  switch (phase) {
    case Phase::stopped: return "stopped";
    case Phase::connecting: return "connecting";
    case Phase::welcoming: return "welcoming";
    case Phase::online: return "online";
    case Phase::waiting: return "waiting";
  }
  return "stopped";
}

LinkStep step(LinkState state, const LinkEvent& event, Timestamp now) {
  Transition transition(std::move(state), now);
  std::visit(transition, event);
  return transition.take();
}

std::string in_words(const LinkState& state, std::string_view url, Timestamp now) {
  const std::string name(url);
  const std::string why = state.reason.empty() ? "" : " (" + state.reason + ")";
  switch (state.phase) {
    case Phase::stopped: return "stopped";
    case Phase::connecting: return "connecting to " + name + why;
    case Phase::welcoming: return "waiting for the welcome of " + name;
    case Phase::online: return "online at " + name;
    case Phase::waiting: {
      char in[32];
      std::snprintf(in, sizeof in, "%.1f s", to_seconds(std::max(Nanos{0}, state.deadline - now)));
      return "waiting for " + name + why + ", next try in " + in;
    }
  }
  return "stopped";
}

std::optional<Nanos> read_retry_after(std::string_view reason) {
  constexpr std::string_view key = "retry-after=";
  const auto at = reason.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = reason.substr(at + key.size());
  double value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0 && value <= 3600)) return std::nullopt;
  return std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(value));
}

std::string close_in_words(std::uint16_t code, std::string_view reason) {
  const auto* row =
      std::find_if(close_rows.begin(), close_rows.end(), [&](const CloseRow& each) { return each.code == code; });
  std::string words = row != close_rows.end() ? row->words
                      : code < 1000 || code == 1005 || code == 1006
                          ? "connection lost"
                          : "the server closed with code " + std::to_string(code);
  if (!reason.empty()) words += ": " + std::string(reason);
  return words;
}

}  // namespace bigfoot::signaling
