#include "media/image.hpp"

#include <gst/video/video.h>

namespace bigfoot::media {

Image::Image(gst::Handle<GstSample> sample) : sample_(std::move(sample)) {
  GstVideoInfo info;
  const GstCaps* caps = gst_sample_get_caps(sample_.get());
  if (caps && gst_video_info_from_caps(&info, caps))
    size_ = {GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)};
}

Image::Image(gst::Handle<GstBuffer> buffer, GstCaps* caps)
    : Image(gst::adopt(gst_sample_new(buffer.get(), caps, nullptr, nullptr))) {}

}  // namespace bigfoot::media
