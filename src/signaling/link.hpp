#pragma once
// When to connect, to which server, and when to give a connection up: pure, told what happened and what time it is.
//
//   stopped ─start─▶ connecting ─opened─▶ welcoming ─welcomed─▶ online
//                      ▲   │ failed          │ failed             │ lost, silent
//                      │   ▼                 ▼                    │
//                      └─ the next server at once, after the last ▼
//                      └────────────────────────────────────── waiting (backoff)

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"

namespace bigfoot::signaling {

struct LinkTimes {
  Nanos connect{5s};   ///< for TCP, TLS and the upgrade together
  Nanos welcome{5s};   ///< from the upgrade to the first message
  Nanos silence{10s};  ///< a server that is heard of no longer is gone
  Nanos first_pause{250ms};
  Nanos longest_pause{5s};
  Nanos replaced_pause{30s};       ///< two robots of one name must not throw each other out all the time
  Nanos longest_retry_after{60s};  ///< a server cannot send us away for longer
};

/// The words are also the log's.
enum class Phase { stopped, connecting, welcoming, online, waiting };
const char* to_string(Phase phase);

struct LinkState {
  LinkState(LinkTimes link_times, std::size_t url_count, std::uint32_t seed)
      : times(link_times), urls(url_count), backoff(times.first_pause, times.longest_pause, seed) {}

  LinkTimes times;
  std::size_t urls;
  Backoff backoff;
  Phase phase = Phase::stopped;
  std::size_t url = 0;     ///< in use, or next
  std::size_t failed = 0;  ///< servers in a row that did not answer since the last pause
  Timestamp deadline{};    ///< of the phase; none while stopped
  Timestamp online_since{};
  std::string reason;  ///< why it is not online, in words
};

namespace link_event {
struct Start {};
struct Opened {};
struct Welcomed {};
/// Anything from the server, a pong too.
struct Heard {};
/// The connection could not be made or has ended.
struct Lost {
  std::string reason;
  std::uint16_t code = 0;  ///< of the WebSocket close, or 0
  std::optional<Nanos> retry_after;
};
struct TimePassed {};
/// This machine has other addresses: what is open may be dead without knowing, what was refused may work now.
struct NetworkChanged {};
struct Stop {};
}  // namespace link_event
using LinkEvent = std::variant<link_event::Start, link_event::Opened, link_event::Welcomed, link_event::Heard,
                               link_event::Lost, link_event::TimePassed, link_event::NetworkChanged, link_event::Stop>;

namespace link_action {
struct Connect {
  std::size_t url;
  bool operator==(const Connect&) const = default;
};
/// Close the socket; whatever it still says no longer counts.
struct Drop {
  std::uint16_t code;
  std::string reason;
  bool operator==(const Drop&) const = default;
};
struct TellLost {
  std::size_t url;
  std::string reason;
  Nanos retry_in;
  bool operator==(const TellLost&) const = default;
};
}  // namespace link_action
using LinkAction = std::variant<link_action::Connect, link_action::Drop, link_action::TellLost>;

struct LinkStep {
  LinkState state;
  std::vector<LinkAction> actions;
};

/// What follows from an event. Events that do not fit the phase change nothing.
LinkStep step(LinkState state, const LinkEvent& event, Timestamp now);

/// "waiting for ws://… (connection refused), next try in 1.2 s".
std::string in_words(const LinkState& state, std::string_view url, Timestamp now);

/// Reads "retry-after=1.8" (seconds, 0 to 3600) anywhere in the reason of a close.
std::optional<Nanos> read_retry_after(std::string_view reason);

/// What a close code of the server means for a person; the server's own words are added where it gave some.
std::string close_in_words(std::uint16_t code, std::string_view reason);

}  // namespace bigfoot::signaling
