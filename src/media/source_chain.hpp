#pragma once
// The front of a pipeline: from a source to raw pictures of one size, ready for an encoder. Worker thread.

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/units.hpp"
#include "media/gst/handle.hpp"
#include "media/gst/probe.hpp"
#include "media/source_uri.hpp"

namespace bigfoot::media {

struct SourceChain {
  gst::Handle<GstElement> bin;  ///< one source pad named `src`
  std::string note;             ///< what a person may want to know, for the log; empty when nothing
};

/// Builds the bin. A `test:` chain holds an appsrc named `test` that drops its oldest picture; every other ends in a
/// queue named `newest` that does, its sink pad being the place where pictures are counted as captured. Errors: the
/// device is missing or refuses the mode, the text does not parse, its end is neither raw nor H.264.
[[nodiscard]] Result<SourceChain> make_source(const SourceUri& source, Size size, FrameRate fps);

/// The text of the chain after the part that depends on the source; visible for tests.
std::string newest_text(Size size, const std::string& frame_rate_caps);

/// Plays a `file:` chain again and again without a gap in its time.
class FileLoop {
 public:
  /// `at_end` is called in a streaming thread when a round is decoded, a few frames before it is shown: again() is to
  /// be called then, from the worker.
  FileLoop(GstElement* bin, std::function<void()> at_end);
  /// When paused, before playing. Errors: no picture in it, it cannot be sought in.
  [[nodiscard]] Result<> begin(GstElement* pipeline);
  /// From the start once more, behind what is still queued. False when the file refuses.
  bool again();

 private:
  struct Flow;
  Result<> wait_for_picture(GstElement* pipeline);
  bool seek(GstSeekFlags flags);

  std::shared_ptr<Flow> flow_;
  gst::Handle<GstPad> queue_in_;
  gst::Probe probe_;
};

}  // namespace bigfoot::media
