#pragma once
// What a viewer tells of itself once a second: a line of JSON (docs/view.md has the schema) and the overlay's lines. A
// figure that is not known is absent or null, never guessed.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "latency/delay.hpp"
#include "latency/stage_message.hpp"
#include "transport/peer_connection.hpp"
#include "view/session_state.hpp"

namespace bigfoot::view {

/// Of the frames of one second: half of them were as fast, 19 of 20.
struct Spread {
  Nanos p50{0};
  Nanos p95{0};
};

class Samples {
 public:
  void add(Nanos value) {
    if (values_.size() < kept_max) values_.push_back(value);
  }
  /// By nearest rank; nothing when there is none. What was added is forgotten.
  std::optional<Spread> take();

 private:
  static constexpr std::size_t kept_max = 1024;  ///< more frames a second than any camera has
  std::vector<Nanos> values_;
};

/// Where the time of one picture went, by our clock. Each stage ends where the next begins.
enum class Stage {
  arrival,     ///< capture → first packet here: robot and network; by the robot's clock
  reassembly,  ///< → its last packet, repaired ones too
  wait,        ///< → into the decoder: for pictures in front of it, and --smooth
  decode,      ///< → decoded
  display,     ///< → shown
};
inline constexpr std::array all_stages{Stage::arrival, Stage::reassembly, Stage::wait, Stage::decode, Stage::display};
const char* to_string(Stage stage);

/// One picture that was shown.
struct ShownPicture {
  std::optional<Timestamp> captured;  ///< by our clock, as well as it is known
  Timestamp first_arrival, last_arrival, fed, decoded, shown;
  std::optional<latency::Delay> delay;
};

class StageSamples {
 public:
  void add(const ShownPicture& picture);
  /// Without those of which there is nothing. What was added is forgotten.
  std::map<Stage, Spread> take();

 private:
  std::map<Stage, Samples> stages_;
};

/// What is left for the network of all that lies between capture and the first packet: a difference of medians.
Nanos network_of(const Spread& arrival, const latency::SenderStages& sender);

/// Since the camera's viewer began, over all its sessions.
struct CameraCounts {
  std::uint64_t frames = 0;     ///< whole, given to the decoder
  std::uint64_t keyframes = 0;  ///< of them
  std::uint64_t repaired = 0;   ///< of them, with packets that came again
  std::uint64_t lost = 0;       ///< came in part, or behind one that did
  std::uint64_t shown = 0;
  std::uint64_t skipped = 0;  ///< decoded too late to be shown
  std::uint64_t keyframes_asked = 0;
  std::uint64_t bytes = 0;  ///< of the frames
};

/// One camera in one second.
struct CameraSecond {
  std::string name;
  Size size;
  std::string decoder;
  double fps = 0;  ///< shown
  Bitrate bitrate;
  double loss_ratio = 0;  ///< packets, before repair
  std::optional<Spread> delay;
  std::optional<latency::Delay> newest_delay;
  std::map<Stage, Spread> stages;
  std::optional<latency::SenderStages> sender;  ///< what it says is in Stage::arrival
  bool frozen = false;
  std::optional<Nanos> age;  ///< of the newest picture; nothing before the first
  std::uint64_t freezes = 0;
  Nanos frozen_for{0};
  CameraCounts counts;
  std::string measured;  ///< JSON of PictureRows; empty: not asked for
};

/// A camera's figures as they gather.
class CameraStats {
 public:
  void shown(const ShownPicture& picture);
  CameraCounts& counts() { return counts_; }
  const CameraCounts& counts() const { return counts_; }
  /// Fills what is known here, of the time since the last call: counts, fps, bitrate, delay, stages.
  void take(CameraSecond& second, Timestamp now);

 private:
  CameraCounts counts_, before_;
  std::optional<Timestamp> taken_;
  Samples delay_;
  StageSamples stages_;
  std::optional<latency::Delay> newest_delay_;
};

struct RemedyCount {
  std::uint64_t tried = 0;
  std::uint64_t recovered = 0;     ///< a new picture followed
  std::optional<Nanos> last_took;  ///< from the last picture before the trouble to the first one after it
};

/// The viewer in one second.
struct ViewSecond {
  WallTime at{};
  std::string title;
  ViewState state = ViewState::server;
  Nanos in_state{0};
  std::string words;                   ///< in_words()
  std::optional<Nanos> first_picture;  ///< from the start of the program
  std::uint64_t sessions = 0;          ///< begun
  std::uint64_t lines_dropped = 0;     ///< of --json, for nobody read them
  std::optional<transport::PathInfo> path;
  std::optional<Nanos> rtt;
  std::optional<Nanos> clock_error;
  bool clock_estimated = false;
  Bitrate received;  ///< all that came, with headers
  std::map<Remedy, RemedyCount> remedies;
  std::vector<CameraSecond> cameras;
};

/// One line, without its end.
std::string json_line(const ViewSecond& second);
/// What stands over the picture of one camera.
std::vector<std::string> overlay_lines(const CameraSecond& camera, const ViewSecond& second);

}  // namespace bigfoot::view
