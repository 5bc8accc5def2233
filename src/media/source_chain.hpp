#pragma once
// The front of a pipeline: from a source to raw pictures of one size, ready for an encoder. Worker thread.

#include <string>

#include "base/result.hpp"
#include "base/units.hpp"
#include "media/gst/handle.hpp"
#include "media/source_uri.hpp"

namespace bigfoot::media {

struct SourceChain {
  gst::Handle<GstElement> bin;  ///< one source pad named `src`
  std::string note;             ///< what a person may want to know of it, for the log; empty when nothing
};

/// Builds the bin. A `test:` chain holds an appsrc named `test` that drops its oldest picture; every other ends in a
/// queue named `newest` that does, its sink pad being the place where pictures are counted as captured. Errors: the
/// device is missing or refuses the mode, the text does not parse, its end is neither raw nor H.264.
[[nodiscard]] Result<SourceChain> make_source(const SourceUri& source, Size size, FrameRate fps);

}  // namespace bigfoot::media
