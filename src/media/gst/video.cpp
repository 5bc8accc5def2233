#include "media/gst/video.hpp"

#include <gst/video/video.h>

namespace bigfoot::media::gst {
namespace {

GstVideoInfo info_of(Size size, FrameRate fps) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, static_cast<guint>(size.width),
                            static_cast<guint>(size.height));
  info.fps_n = fps.numerator;
  info.fps_d = fps.denominator;
  gst_video_colorimetry_from_string(&info.colorimetry, GST_VIDEO_COLORIMETRY_BT709);
  return info;
}

}  // namespace

Handle<GstCaps> raw_video_caps(Size size, FrameRate fps) {
  const GstVideoInfo info = info_of(size, fps);
  return adopt(gst_video_info_to_caps(&info));
}

std::size_t raw_video_bytes(Size size, FrameRate fps) {
  const GstVideoInfo info = info_of(size, fps);
  return GST_VIDEO_INFO_SIZE(&info);
}

bool draw_into(GstBuffer* buffer, Size size, FrameRate fps, const std::function<void(const Picture&)>& draw) {
  const GstVideoInfo info = info_of(size, fps);
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE)) return false;
  const auto plane = [&frame](int index) {
    return static_cast<std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, index));
  };
  draw({size, plane(0), plane(1), plane(2), GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0),
        GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 1)});
  gst_video_frame_unmap(&frame);
  return true;
}

}  // namespace bigfoot::media::gst
