#pragma once
// Raw video buffers seen as Picture, mapped buffers seen as bytes.

#include <functional>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "media/gst/handle.hpp"
#include "media/picture.hpp"

namespace bigfoot::media::gst {

/// I420, square pixels, BT.709: what our own pictures are.
Handle<GstCaps> raw_video_caps(Size size, FrameRate fps);
std::size_t raw_video_bytes(Size size, FrameRate fps);
/// Maps a buffer of raw_video_caps for writing and lets `draw` fill it; false when it cannot be mapped.
bool draw_into(GstBuffer* buffer, Size size, FrameRate fps, const std::function<void(const Picture&)>& draw);

/// The picture in other caps of the same size. No buffer where they hold no memory that the processor can write.
Handle<GstBuffer> convert(GstBuffer* picture, GstCaps* from, GstCaps* to);

/// Holds a buffer mapped for reading; no bytes when it cannot be mapped.
class MappedBuffer {
 public:
  explicit MappedBuffer(GstBuffer* buffer)
      : buffer_(share(buffer)), mapped_(buffer && gst_buffer_map(buffer, &info_, GST_MAP_READ)) {}
  ~MappedBuffer() {
    if (mapped_) gst_buffer_unmap(buffer_.get(), &info_);
  }
  MappedBuffer(const MappedBuffer&) = delete;
  MappedBuffer& operator=(const MappedBuffer&) = delete;
  BytesView bytes() const { return mapped_ ? BytesView(info_.data, info_.size) : BytesView(); }

 private:
  Handle<GstBuffer> buffer_;
  GstMapInfo info_{};
  bool mapped_;
};

}  // namespace bigfoot::media::gst
