#pragma once
// A decoded picture: shared, and never written to.

#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media {

/// In the decoder's memory: some decoders have only a few, so that nobody keeps more than the newest. Any thread.
class Image {
 public:
  explicit Image(gst::Handle<GstSample> sample);
  Image(gst::Handle<GstBuffer> buffer, GstCaps* caps);
  /// Zero where the caps are not those of a raw picture.
  Size size() const { return size_; }
  GstBuffer* buffer() const { return gst_sample_get_buffer(sample_.get()); }
  GstCaps* caps() const { return gst_sample_get_caps(sample_.get()); }
  GstSample* sample() const { return sample_.get(); }

 private:
  gst::Handle<GstSample> sample_;
  Size size_;
};
using ImagePtr = std::shared_ptr<const Image>;

/// What a decoder made of an access unit.
struct DecodedPicture {
  ImagePtr image;
  std::uint64_t id = 0;  ///< as given with the access unit
  Timestamp fed{};       ///< when the decoder got it; what waited in front of it is between here and `decoded`
  Timestamp decoded{};
  bool corrupted = false;  ///< the decoder itself says that it is damaged
  std::size_t lost = 0;    ///< access units before it of which it made nothing
};

}  // namespace bigfoot::media
