#pragma once
// One camera: source → newest frame → encoder → access units, in two pipelines, so that either is replaced while the
// other plays on. Where the source gives nothing, viewers see a placeholder with the reason. Everything that may hang
// (state changes, opening a device, the trial encode) runs in worker threads with a deadline; the loop never waits.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "h264/access_unit.hpp"
#include "media/patience.hpp"
#include "media/resources.hpp"
#include "media/source_uri.hpp"

namespace bigfoot::media {

struct CameraSettings {
  std::string name = "main";
  SourceUri source;
  Size size{1280, 720};
  FrameRate fps{30, 1};
  std::string encoder = "auto";  ///< `auto`, or an element of the encoder table
  std::string decoder = "auto";  ///< of a source that arrives encoded: `auto`, or an element of the decoder table
  Bitrate bitrate{2'500'000};    ///< what the encoder starts with
  Patience patience;
  Resources resources;  ///< from the start on: apply() leaves it as it is
};

/// A setting that the camera does not take.
struct Refusal {
  std::string key;    ///< of the configuration: "controls.brightness"
  std::string asked;  ///< its value
  std::string kept;   ///< what holds in its place; empty: nothing, the key is out
  Error why;
};

/// stopped → starting → running → stopping → stopped. Running: the encoder works; pictures may be missing
/// (CameraStats::trouble). A fault of the encoder leads back to starting.
enum class CameraState { stopped, starting, running, stopping };
const char* to_string(CameraState state);

class CameraListener {
 public:
  virtual ~CameraListener() = default;
  /// A picture. GStreamer's streaming thread: hand it over, post, return. Not called any more once stop() returned.
  virtual void on_access_unit(h264::AccessUnit unit) = 0;
  /// Loop thread.
  virtual void on_state(CameraState state) = 0;
  /// Source or encoder broke or did not open; it is tried again by itself after `pause`, for ever. Loop thread.
  virtual void on_fault(const Error& error, Nanos pause) = 0;
  /// What CameraStats says of the stream may be another while the state stays: who makes it, its profile. Loop thread.
  virtual void on_stream() {}
  /// It goes on without them; settings() says with what. Loop thread.
  virtual void on_refused(const std::vector<Refusal>& /*refused*/) {}
  /// What apply() asked has been tried: it holds, or on_refused() or on_fault() came. Loop thread, never within
  /// apply().
  virtual void on_settled() {}
};

/// Counts since the camera was made; they never go down, not even over restarts.
struct CameraStats {
  std::uint64_t frames_captured = 0;
  std::uint64_t frames_encoded = 0;
  std::uint64_t keyframes = 0;
  std::uint64_t bytes_encoded = 0;
  std::uint64_t frames_passed = 0;      ///< sent as the source itself encoded them
  std::uint64_t bytes_from_source = 0;  ///< of its own H.264, sent or not
  std::uint64_t placeholders = 0;       ///< given to the encoder instead of pictures that did not come
  std::uint64_t asleep = 0;             ///< captured while nobody watched: not encoded
  std::uint64_t dropped_before_encoder =
      0;                                 ///< the encoder was busy and a newer frame came: `dropped{stage="capture"}`
  std::uint64_t dropped_in_encoder = 0;  ///< went in, never came out: `dropped{stage="encode"}`
  std::uint64_t overdue_jobs = 0;        ///< state changes that passed their deadline
  Nanos hung{0};                         ///< how long past it one stands in the way of all others; 0: none does
  std::uint64_t restarts = 0;            ///< of source and encoder, whatever the reason
  Nanos encode_p50{0};                   ///< of the last 150 frames
  Nanos encode_p95{0};
  int slices = 1;              ///< a picture
  std::string encoder;         ///< element in use; empty before the first trial
  std::string encoder_reason;  ///< why the rows before it were passed over; empty when there were none
  Size size;                   ///< of the encoded picture
  FrameRate fps;
  bool passed_through = false;  ///< viewers get the source's own H.264: no rate and no key frame of it can be asked for
  bool takes_bitrate = true;    ///< else it is passed through, or the encoder is a person's own text
  std::string trouble;          ///< why there is no picture; empty while there is
  /// Why the last try of this part of it came to nothing. None before it was tried, and while it works.
  std::optional<Error> source_fault, encoder_fault;
  /// Six hex digits, known when running and empty before: of the encoder's SPS, with the level of the source's own
  /// H.264 where that is higher.
  std::string profile_level_id;
};

/// Loop thread, all of it. The constructor leaves it silent; the destructor stops it and waits for its worker, at most
/// two seconds: a driver that hangs longer keeps its thread. `listener` must outlive it; `log` already says which
/// camera.
class Camera {
 public:
  Camera(Loop& loop, CameraSettings settings, CameraListener& listener, const Log& log);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /// Opens the encoder, then the source; asleep until wake(). Allowed when stopped or stopping; else nothing happens.
  void start();
  /// Asks and returns at once. After it on_access_unit is not called; on_state(stopped) comes when all is freed.
  void stop();
  /// Its workers are asked to end, for who destroys several cameras: those that hang are waited for together.
  void end();

  /// Somebody watches: the next captured frame is encoded, as a key frame.
  void wake();
  /// Nobody watches: the source stays warm, its frames are not encoded.
  void sleep();
  bool awake() const;

  /// Other settings for the camera it is; its name stays. What need not be replaced plays on: another bit rate takes
  /// effect with the next frame, controls while the source plays, another source or turn without its encoder. Another
  /// size, rate or encoder begins a new stream with a key frame, about as long after as a start takes.
  void apply(CameraSettings settings);
  /// Nothing of what apply() asked is under way; else on_settled() comes.
  bool settled() const;
  /// What its encoder makes is of no use to viewers: it is replaced as after a fault.
  void reject_stream(Error why);
  /// From the next frame on, without a key frame. Kept over restarts. Values are held within 50 kbit/s to 50 Mbit/s.
  void set_bitrate(Bitrate bitrate);
  /// The next frame is a key frame (SPS and PPS before it).
  void request_keyframe();

  CameraState state() const;
  const CameraSettings& settings() const;
  CameraStats stats() const;
  /// How long pictures were missing each time since the last call, until they were back. For
  /// `bigfoot_recovery_seconds{kind="camera"}`.
  std::vector<Nanos> take_recoveries();
  /// How long each replacement of a broken encoder took since the last call. For
  /// `bigfoot_recovery_seconds{kind="encoder"}`.
  std::vector<Nanos> take_encoder_recoveries();
  /// Encode times since the last call, oldest first; at most the last 1024. For `bigfoot_encode_seconds`.
  std::vector<Nanos> take_encode_times();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::media
