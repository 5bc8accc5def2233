#pragma once
// A `file:` camera has no end: the file is sought back to its start while the last pictures of a round still play.

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "media/gst/handle.hpp"
#include "media/gst/probe.hpp"

namespace bigfoot::media {

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
