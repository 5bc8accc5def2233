#pragma once
// Half of a camera: its source or its encoder. Each is a pipeline of its own, opened and closed by a worker.

#include "media/gst/handle.hpp"

namespace bigfoot::media {

/// One generation. Worker thread, but for pipeline().
class Part {
 public:
  virtual ~Part() = default;
  virtual void close() = 0;
  /// Whose bus tells of faults; nullptr: none can happen.
  virtual GstElement* pipeline() const = 0;
};

}  // namespace bigfoot::media
