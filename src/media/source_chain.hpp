#pragma once
// The front of a pipeline: from a source to raw pictures of one size, ready for an encoder. Worker thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "media/gst/handle.hpp"
#include "media/source_uri.hpp"
#include "media/v4l2_cameras.hpp"
#include "media/v4l2_mode.hpp"

namespace bigfoot::media {

/// What the encoder is to get.
struct SourceRequest {
  Size size;
  FrameRate fps;
  std::vector<std::string> formats{"I420"};  ///< that it takes as they are; the others are converted to one of them
  bool nvmm = false;                         ///< it takes a Jetson's own memory
  std::string camera = "front";              ///< its name, for the line to try after a refusal
  std::vector<V4l2RuledOut> ruled_out;       ///< modes that broke their promise
  std::shared_ptr<V4l2Cameras> v4l2 = std::make_shared<V4l2Cameras>();  ///< where a `v4l2:` camera is looked for
};

struct SourceChain {
  gst::Handle<GstElement> bin;     ///< one source pad named `src`
  std::string note;                ///< what a person may want to know of it, for the log; empty when nothing
  std::optional<V4l2Choice> mode;  ///< what a `v4l2:` camera was opened with
};

/// Builds the bin; a `test:` chain holds an appsrc named `test` that drops its oldest picture. Errors: the device is
/// missing or refuses the mode (with a line to try), an element is not installed, the text does not parse, its end is
/// neither raw nor H.264.
[[nodiscard]] Result<SourceChain> make_source(const SourceUri& source, const SourceRequest& request);

/// The controls of a camera that is in use. Errors: it is gone, it has no such control, the driver refuses the value.
[[nodiscard]] Result<> set_v4l2_controls(const SourceUri& source, V4l2Cameras& cameras);

/// The launch text of a chain; of `gst:` the part behind the person's own text. `mode` is of `v4l2:` alone. Pure.
std::string chain_text(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode = {});

/// The refusal of a mode; the last line of its `fix` is the one to try: the nearest mode that works. Pure.
Error refused_mode(const V4l2Device& device, const SourceUri& source, const SourceRequest& request,
                   const V4l2Wanted& wanted);

/// Which of the encoders' usual formats (I420, NV12) a launch text names: of an encoder's input those that it takes.
std::vector<std::string> formats_named(std::string_view text);

}  // namespace bigfoot::media
