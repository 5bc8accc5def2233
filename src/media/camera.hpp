#pragma once
// One camera: source → newest frame → encoder → access units. Everything that may hang (state changes, opening a
// device, the trial encode) runs in the camera's own worker thread with a deadline; the loop never waits for it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "h264/access_unit.hpp"
#include "media/source_uri.hpp"

namespace bigfoot::media {

struct CameraSettings {
  std::string name = "main";
  SourceUri source;
  Size size{1280, 720};
  FrameRate fps{30, 1};
  std::string encoder = "auto";  ///< `auto`, or an element of the encoder table
  Bitrate bitrate{2'500'000};    ///< what the encoder starts with
  /// A source or an encoder that gives nothing for longer, and for five pictures, is started anew.
  Nanos silence_at_most = std::chrono::seconds(1);
};

/// stopped → starting → running → (stopping →) stopped; a fault leads to stopped too, after on_fault.
enum class CameraState { stopped, starting, running, stopping };
const char* to_string(CameraState state);

class CameraListener {
 public:
  virtual ~CameraListener() = default;
  /// A picture. GStreamer's streaming thread: hand it over, post, return. Not called any more once stop() returned.
  virtual void on_access_unit(h264::AccessUnit unit) = 0;
  /// Loop thread.
  virtual void on_state(CameraState state) = 0;
  /// The pipeline failed and is being taken down; start() tries again. `error.next`: restart_pipeline (again, with
  /// backoff) or give_up (somebody must change something first). Loop thread.
  virtual void on_fault(const Error& error) = 0;
};

/// Counts since the camera was made; they never go down, not even over restarts.
struct CameraStats {
  std::uint64_t frames_captured = 0;
  std::uint64_t frames_encoded = 0;
  std::uint64_t keyframes = 0;
  std::uint64_t bytes_encoded = 0;
  std::uint64_t asleep = 0;  ///< captured while nobody watched: not encoded
  std::uint64_t dropped_before_encoder =
      0;                                 ///< the encoder was busy and a newer frame came: `dropped{stage="capture"}`
  std::uint64_t dropped_in_encoder = 0;  ///< went in, never came out: `dropped{stage="encode"}`
  std::uint64_t overdue_jobs = 0;        ///< state changes that passed their deadline
  std::uint64_t restarts = 0;            ///< start() calls after the first, and encoder changes
  Nanos encode_p50{0};                   ///< of the last 150 frames
  Nanos encode_p95{0};
  int slices = 1;              ///< a picture
  std::string encoder;         ///< element in use; empty before the first trial
  std::string encoder_reason;  ///< why the rows before it were passed over; empty when there were none
  Size size;                   ///< of the encoded picture
  FrameRate fps;
  std::string profile_level_id;  ///< six hex digits from the encoder's SPS, known when running; empty before
};

/// Loop thread, all of it. The constructor leaves it silent; the destructor stops it and waits for its worker, at most
/// two seconds: a driver that hangs longer keeps its thread. `listener` must outlive it; `log` already says which
/// camera.
class Camera {
 public:
  Camera(Loop& loop, CameraSettings settings, CameraListener& listener, Log log);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /// Opens the source and the encoder; asleep until wake(). Allowed when stopped or stopping; else nothing happens.
  void start();
  /// Asks and returns at once. After it on_access_unit is not called; on_state(stopped) comes when all is freed.
  void stop();

  /// Somebody watches: the next captured frame is encoded, as a key frame.
  void wake();
  /// Nobody watches: the source stays warm, its frames are not encoded.
  void sleep();
  bool awake() const;

  /// From the next frame on, without a key frame. Kept over restarts. Values are held within 50 kbit/s to 50 Mbit/s.
  void set_bitrate(Bitrate bitrate);
  /// The next frame is a key frame (SPS and PPS before it).
  void request_keyframe();

  CameraState state() const;
  const CameraSettings& settings() const;
  CameraStats stats() const;
  /// Encode times since the last call, oldest first; at most the last 1024. For `bigfoot_encode_seconds`.
  std::vector<Nanos> take_encode_times();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::media
