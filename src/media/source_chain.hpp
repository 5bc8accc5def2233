#pragma once
// The front of a pipeline: from a source to raw pictures of one size, ready for an encoder, or to its own H.264. Worker
// thread.

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "media/chain_text.hpp"
#include "media/decoder_trial.hpp"
#include "media/gst/handle.hpp"
#include "media/v4l2_control.hpp"

namespace bigfoot::media {

/// The decoder for pictures that arrive encoded, as choose_decoder.
using ChooseDecoder = std::function<Result<DecoderChoice>(Codec codec, Size size, FrameRate fps)>;

/// Of a source that encodes itself.
enum class SourceH264 {
  none,    ///< it gives something else
  passed,  ///< the bin gives it as it came, one access unit a buffer
  decoded
};

struct SourceChain {
  gst::Handle<GstElement> bin;      ///< one source pad named `src`
  std::string note;                 ///< what a person may want to know of it, for the log; empty when nothing
  std::optional<V4l2Choice> mode;   ///< what a `v4l2:` camera was opened with
  gst::Handle<GstElement> decoder;  ///< its element in the bin; none for pictures that arrive raw or are passed through
  SourceH264 h264 = SourceH264::none;
  std::vector<V4l2Choice> modes = {};                 ///< what a `v4l2:` camera could be opened with (v4l2_modes)
  bool shares_memory = false;                         ///< the camera's goes to the encoder as it is
  std::vector<ControlRefusal> refused_controls = {};  ///< they were left out
};

/// Builds the bin; a `test:` chain holds an appsrc named `test` that drops its oldest picture. Errors: the device is
/// missing or refuses the mode (with a line to try), an element is not installed, no decoder works, the text does not
/// parse, its end is neither raw nor a codec of the decoder table.
[[nodiscard]] Result<SourceChain> make_source(const SourceUri& source, const SourceRequest& request,
                                              const ChooseDecoder& choose);

/// The controls of a camera that is in use; answers those that it refuses. Errors: it is gone.
[[nodiscard]] Result<std::vector<ControlRefusal>> set_v4l2_controls(const SourceUri& source, V4l2Cameras& cameras);

/// The refusal of a mode; the last line of its `fix` is the one to try: the nearest mode that works. Pure.
Error refused_mode(const V4l2Device& device, const SourceUri& source, const SourceRequest& request,
                   const V4l2Wanted& wanted);

}  // namespace bigfoot::media
