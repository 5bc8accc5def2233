#pragma once
// What a viewer does next: a pure step. The state names are also the log words and those of --json.
//
//   server ─up─▶ offer ─offered─▶ connecting ─connected─▶ first_picture ─picture─▶ live ⇄ frozen
//                 │ ▲                                                               │
//       robot, refused, pause ◀──────────── a new session ◀──────────────────── recovering (another way, same session)
//
// While no new picture comes though the way stands, each camera is treated by itself (view/camera_ladder). A new
// session is begun when that did not help one of them, or when nothing comes of all: then the cameras or the robot's
// uplink are at fault, and a new session is only worth a try now and then.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::view {

enum class ViewState {
  server,         ///< no server to ask
  robot,          ///< the server does not have the robot
  refused,        ///< server or robot said no; asked again
  pause,          ///< before another try
  offer,          ///< asked, nothing described yet
  connecting,     ///< ICE and DTLS are at work
  first_picture,  ///< connected, nothing shown yet
  live,
  frozen,      ///< the way stands, no new picture
  recovering,  ///< the way is lost; another is looked for, in the same session
};
const char* to_string(ViewState state);

/// What a recovery was owed to.
enum class Remedy { none, keyframe, decoder, path, session };
inline constexpr std::array remedies{Remedy::keyframe, Remedy::decoder, Remedy::path, Remedy::session};
const char* to_string(Remedy remedy);

/// What can be seen of a session, at every look.
struct Sight {
  bool fresh = false;   ///< a camera's picture is new, and of this session
  bool stuck = false;   ///< a camera is where only another session may help (view/camera_ladder)
  Nanos age{0};         ///< of the newest picture
  Nanos arrived{0};     ///< so long ago the newest that was shown had come: it may have waited since
  bool silent = false;  ///< nothing at all came for longer than the sender is ever silent
};

enum class ViewEventKind {
  server_up,
  server_down,  ///< why
  robot_here,
  robot_gone,  ///< or never was
  refused,     ///< why: by the server, or by the robot before it offered
  ended,       ///< why: the session, by the other side
  offered,     ///< described by both
  resumed,     ///< the session goes on after the signaling was lost
  connected,
  disconnected,  ///< sight
  failed,        ///< why: the transport gave up
  look,          ///< sight; several times a second
};
struct ViewEvent {
  ViewEventKind kind = ViewEventKind::look;
  std::string why{};
  Sight sight{};  ///< of a look, and of `disconnected`
};

enum class ViewAction {
  begin_session,
  end_session,   ///< tell the other side, free the transport
  new_path,      ///< ask for new credentials in the same session
  ask_keyframe,  ///< of each camera that is not fresh
};

// An offer comes within one round trip through the server, and an encoder's start.
inline constexpr Nanos offer_max = 6s;
inline constexpr Nanos connect_max = 10s;
inline constexpr Nanos path_max = 5s;
inline constexpr Nanos refused_pause = 5s;
inline constexpr Nanos robot_pause = 15s;  ///< the server tells when it comes; this is for the news that got lost
/// While no camera gives a new picture; doubles with every session that brought no picture, up to a minute.
inline constexpr Nanos unfed_max = 10s;
inline constexpr std::array<Nanos, 5> pauses{100ms, 500ms, 1s, 2s, 5s};

struct ViewLife {
  ViewState state = ViewState::server;
  Timestamp since{};               ///< of the state
  std::optional<Timestamp> due{};  ///< a look behind it does what the state waits for
  std::string why{};               ///< what was said last of a refusal, an end, a loss
  bool signaling = false;
  bool robot_here = true;  ///< as far as anybody said
  bool in_session = false;
  bool can_restart = true;  ///< the other side makes new credentials when asked; not over WHEP
  bool ever_live = false;
  int attempts = 0;              ///< sessions since the last picture
  Remedy remedy = Remedy::none;  ///< path or session
  Timestamp lost_at{};           ///< the way, last; pictures from before say nothing of another one
  Timestamp trouble_since{};     ///< since when no new picture came
};

/// A picture after trouble.
struct Recovery {
  Remedy by = Remedy::none;
  Nanos took{0};
};

struct ViewStep {
  ViewLife life;
  std::vector<ViewAction> actions;
  std::optional<Recovery> recovered = {};
};

ViewStep step(const ViewLife& life, const ViewEvent& event, Timestamp now);

/// What a person is told that it waits for, or that it is live: "waiting for robot rover-7: …".
std::string in_words(const ViewLife& life, std::string_view server, std::string_view robot);

}  // namespace bigfoot::view
