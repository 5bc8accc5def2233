#pragma once
// What `bigfoot status` shows of a running robot. Pure.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::robot {

/// Something was lost, and is back since `at`.
struct Recovery {
  Nanos took{};
  Timestamp at{};
};

struct CameraStatus {
  std::string name;
  std::string source;   ///< without a password
  std::string state;    ///< live, no picture, starting, stopping, stopped
  std::string trouble;  ///< why there is no picture; empty while there is
  Size size;
  FrameRate fps;
  bool passed_through = false;  ///< viewers get the source's own H.264
  std::string encoder;          ///< empty before one was chosen
  Bitrate target;               ///< what the encoder is asked for
  double captured_fps = 0, encoded_fps = 0;
  Bitrate encoded;
  Nanos encode_p50{0};
  std::size_t viewers = 0;
  std::optional<Recovery> last_recovery;
};

struct ViewerStatus {
  std::string session;
  std::string state;                 ///< of session_state.hpp
  std::string client;                ///< what it says it is; anything
  std::vector<std::string> cameras;  ///< that it takes and looks at
  std::optional<transport::PathInfo> pair;
  std::optional<Nanos> rtt;
  double loss_ratio = 0;
  Bitrate sent;  ///< UDP payload
  Timestamp since{};
  std::optional<Recovery> last_recovery;
};

struct RobotStatus {
  std::string name, version;
  Timestamp now{}, started{};
  bool at_server = false;
  std::string server;  ///< in words
  std::vector<CameraStatus> cameras;
  std::vector<ViewerStatus> viewers;
};

/// One JSON object and a newline (docs/status.md).
std::string status_json(const RobotStatus& status);
/// For a terminal: nothing that a viewer says can disturb it.
std::string status_text(const RobotStatus& status);

}  // namespace bigfoot::robot
