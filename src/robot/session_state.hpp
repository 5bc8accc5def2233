#pragma once
// The life of one viewer's session as a pure step: the state names are also the log words and the metric labels.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::robot {

enum class SessionState {
  offered,     ///< our offer is out, no answer yet
  connecting,  ///< descriptions are agreed, ICE and DTLS are at work
  live,        ///< DTLS is up and verified, pictures flow
  path_lost,   ///< no way to the viewer; a new path is being looked for
  ended,
};
const char* to_string(SessionState state);

enum class SessionEvent {
  described,     ///< both descriptions are known
  connected,     ///< DTLS done and verified, or the path is back
  disconnected,  ///< consent or path lost
  failed,        ///< the transport gave up
  viewer_left,   ///< the viewer or the server ended the session
  tick,
};

enum class SessionAction {
  start_media,  ///< subscribe to the rungs, ask for a key frame
  stop_media,
  resume_media,  ///< after a path loss: flush, key frame
  new_path,      ///< look for another way
  tell_peer,     ///< endSession with the reason
  release,       ///< free the transport
};

/// How long a session may stay half open.
struct SessionLimits {
  Nanos offered_max = 10s;
  Nanos connecting_max = 15s;
  Nanos path_lost_max = 30s;
};

struct SessionLife {
  SessionState state = SessionState::offered;
  Timestamp since{};
  std::string reason;  ///< why it ended
};

struct SessionStep {
  SessionLife life;
  std::vector<SessionAction> actions;
};

/// `reason` goes with failed and viewer_left.
SessionStep step(const SessionLife& life, SessionEvent event, Timestamp now, const SessionLimits& limits = {},
                 const std::string& reason = {});
/// When a tick is needed at the latest.
std::optional<Timestamp> deadline(const SessionLife& life, const SessionLimits& limits = {});

}  // namespace bigfoot::robot
