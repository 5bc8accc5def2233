#pragma once
// What is tried for one camera that shows nothing new though the session stands, whatever the others do: a pure step.
//
//   fresh ─▶ a key frame is asked for ─▶ its decoder is replaced ─▶ stuck: only another session may help
//            at once                     given pictures for 1 s     given pictures for 4 s more, then 8, 16, 32, 60
//
// Each time counts from when pictures reach its decoder: after an outage the first of them is under way in it.
// Where nothing reaches its decoder no more than a key frame is asked for: the camera or the robot's uplink is at
// fault.

#include <optional>

#include "base/clock.hpp"
#include "view/session_state.hpp"

namespace bigfoot::view {

/// A picture that does not come at all is asked for only after the sender's own key frame had its time.
inline constexpr Nanos first_keyframe_after = 1s;
/// A camera of two pictures a second freezes and is new again all the time; each key frame costs the robot's uplink.
inline constexpr Nanos keyframes_apart = 2s;
/// A decoder that is given pictures and gives none for so long, after a key frame was asked for, is replaced.
inline constexpr Nanos decoder_after = 1s;
/// A replaced one needs a key frame, and a spectator gets one in 2 s. Doubles with every session that did not help.
inline constexpr Nanos stuck_after = 4s;
inline constexpr Nanos stuck_after_max = 60s;

/// What can be seen of a camera, at every look.
struct CameraSight {
  bool fresh = false;  ///< a picture of this session was shown a short time ago (view/freeze)
  bool fed = false;    ///< its decoder was given pictures since the last one that it gave
  Nanos age{0};        ///< of the newest picture
};

struct CameraLife {
  bool fresh = false;  ///< at the last look
  bool ever_fresh = false;
  bool seen = false;                          ///< in this session
  Remedy remedy = Remedy::none;               ///< the last that was tried in this session
  Timestamp remedy_at{};                      ///< or when the session began to give pictures
  std::optional<Timestamp> keyframe_at = {};  ///< asked for
  std::optional<Timestamp> fed_since = {};    ///< as seen by looks; nothing while no picture is owed
  Timestamp trouble_since{};
  int sessions = 0;  ///< that were of no help, since the last picture
};

struct CameraStep {
  CameraLife life;
  Remedy tried = Remedy::none;  ///< to be done now: keyframe or decoder
  bool stuck = false;           ///< another session may help
  std::optional<Recovery> recovered = {};
};

CameraStep step(CameraLife life, const CameraSight& sight, Timestamp now);
/// It broke, and was replaced by itself: in a freeze that is what is tried now.
CameraLife with_another_decoder(CameraLife life, Timestamp now);
/// The way of a session stands from here on.
CameraLife in_new_session(CameraLife life, Timestamp now);

}  // namespace bigfoot::view
