#pragma once
// Where a picture comes from, as the person wrote it: `test:`, `v4l2:/dev/video0?format=mjpeg`, `file:/a.mp4`, `gst:…`.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::media {

enum class SourceKind { test, v4l2, file, gst };
/// What `test:` draws: a rover's view of realistic cost, or a plain field that costs next to nothing.
enum class TestPattern { rover, plain };

const char* to_string(SourceKind kind);
const char* to_string(TestPattern pattern);

/// A parsed source. `size` and `fps` are set when the URI names them; they win over the camera's settings.
struct SourceUri {
  SourceKind kind = SourceKind::test;
  std::string target;  ///< device, path or launch text; empty for `test:`
  std::optional<Size> size;
  std::optional<FrameRate> fps;
  TestPattern pattern = TestPattern::rover;
  std::string format = "auto";  ///< of `v4l2:`, what parse_v4l2_format gives

  /// `gst:` runs any launch text and `file:` reads any file: they are refused when they come over the network.
  bool local_only() const { return kind == SourceKind::gst || kind == SourceKind::file; }
};

/// Reads a source URI. Errors name the scheme or key and the nearest valid one.
[[nodiscard]] Result<SourceUri> parse_source_uri(std::string_view text);

}  // namespace bigfoot::media
