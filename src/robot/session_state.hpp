#pragma once
// The life of one viewer's session as a pure step: the state names are also the log words and the metric labels.

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

/// An offer without an answer is given up then. All later waits end in the transport, which knows what they wait for.
inline constexpr Nanos answer_max = 10s;

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
SessionStep step(const SessionLife& life, SessionEvent event, Timestamp now, const std::string& reason = {});

}  // namespace bigfoot::robot
