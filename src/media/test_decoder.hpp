#pragma once
// Decodes H.264 access units one by one, for tests that look at the picture or read its stamp.

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "media/gst/pipeline.hpp"
#include "media/stamp.hpp"

namespace bigfoot::media {

class TestDecoder {
 public:
  struct Frame {
    Size size;
    Bytes luma;  ///< rows without padding
    LumaView view() const { return {luma, size.width, size.height, size.width}; }
    std::optional<Stamp> stamp() const { return read_stamp(view()); }
  };

  TestDecoder();
  /// One access unit in, its picture out; the first must be a key frame. Errors: nothing came out within two seconds.
  [[nodiscard]] Result<Frame> decode(BytesView access_unit);

 private:
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_, out_;
  std::uint64_t fed_ = 0;
};

}  // namespace bigfoot::media
