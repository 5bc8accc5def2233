#pragma once
// What a `test:` camera draws into: the feed, or a chain that turns the picture first.

#include "base/clock.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media {

/// Any thread.
class PictureInput {
 public:
  virtual ~PictureInput() = default;
  virtual bool awake() const = 0;
  /// A picture; one that nobody watches is counted and goes no further.
  virtual void picture(gst::Handle<GstBuffer> buffer, GstCaps* caps, Timestamp captured) = 0;
  /// There would have been one; nobody watches, so it was not made.
  virtual void unmade_picture() = 0;
};

}  // namespace bigfoot::media
