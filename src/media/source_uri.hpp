#pragma once
// Where a picture comes from, as the person wrote it: `test:`, `v4l2:/dev/video0?format=mjpeg`, `file:/a.mp4`, `gst:…`.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "media/source_turn.hpp"

namespace bigfoot::media {

enum class SourceKind { test, v4l2, file, rtsp, libcamera, argus, gst };
/// What `test:` draws: a rover's view of realistic cost, or a plain field that costs next to nothing.
enum class TestPattern { rover, plain };
enum class RtspTransport { tcp, udp };
enum class RtspCodec { h264, h265, jpeg };

/// H.264 that the source encodes itself: sent as it is where it fits, always (or not at all), or never.
enum class Passthrough { automatic, always, never };

const char* to_string(SourceKind kind);
const char* to_string(TestPattern pattern);
const char* to_string(RtspTransport transport);
const char* to_string(RtspCodec codec);
const char* to_string(Passthrough passthrough);

/// A control of a V4L2 camera as the URI sets it.
struct ControlSetting {
  std::string name;
  std::int64_t value = 0;
  bool operator==(const ControlSetting&) const = default;
};

/// Of `rtsp://`. User and password stand apart from the address, so that no message of anybody's repeats them.
struct RtspSettings {
  std::string user, password;
  RtspTransport transport = RtspTransport::tcp;
  RtspCodec codec = RtspCodec::h264;
  Millis latency{50};  ///< of the jitter buffer
  bool operator==(const RtspSettings&) const = default;
};

/// A parsed source. `size` and `fps` are set when the URI names them; they win over the camera's settings.
struct SourceUri {
  SourceKind kind = SourceKind::test;
  std::string target;           ///< device, path, address, name or launch text; may be empty
  std::optional<Size> size;     ///< of the picture that is sent, where it is written: cut, rotated and scaled
  std::optional<Size> capture;  ///< of the camera's own picture; without it `size`, rotated back
  std::optional<FrameRate> fps;
  Orientation turn;
  TestPattern pattern = TestPattern::rover;
  std::string format = "auto";  ///< of `v4l2:`, what parse_v4l2_format gives
  std::string card;             ///< of `v4l2:`, in place of a device
  std::vector<ControlSetting> controls;
  RtspSettings rtsp;
  Passthrough passthrough = Passthrough::automatic;

  /// `gst:` runs any launch text and `file:` reads any file: they are refused when they come over the network.
  bool local_only() const { return kind == SourceKind::gst || kind == SourceKind::file; }
  bool operator==(const SourceUri&) const = default;
  /// The size of the picture that is sent: `size`, else what `capture`, `crop` and `rotate` make.
  std::optional<Size> sent_size() const {
    if (size || !capture) return size;
    return turn.turned(turn.crop ? turn.crop->size : *capture);
  }
  /// The size of the camera's own picture when `sent` is to be sent.
  Size own_size(Size sent) const { return capture.value_or(turn.turned(sent)); }
};

/// Reads a source URI. Settings follow a `?`; in `rtsp:`, `file:` and `gst:`, whose own text may hold one, a `#`.
/// Errors name the scheme or key and the nearest valid one, and never a password.
[[nodiscard]] Result<SourceUri> parse_source_uri(std::string_view text);

/// Whether the piece that is cut out lies within the camera's own picture. Errors: the size of that is not given.
[[nodiscard]] Result<> check_crop(const SourceUri& uri);

/// Errors: none of auto, always, never.
[[nodiscard]] Result<Passthrough> parse_passthrough(std::string_view text);
/// Whether it may give H.264 of its own.
bool may_pass_through(const SourceUri& uri);

/// A control as a key of the camera has it. Errors: no name of a control, no whole number.
[[nodiscard]] Result<ControlSetting> parse_control(std::string_view name, std::string_view value);

/// What parse_source_uri reads, without a password: `***` in its place.
std::string source_text(const SourceUri& uri);

/// `text` with `***` for the password of an address in it: for messages and --print-config.
std::string without_password(std::string_view text);

}  // namespace bigfoot::media
