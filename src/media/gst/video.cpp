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

Handle<GstBuffer> convert(GstBuffer* picture, GstCaps* from, GstCaps* to) {
  if (!gst_caps_features_is_equal(gst_caps_get_features(to, 0), GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY)) return {};
  GstVideoInfo in, out;
  if (!gst_video_info_from_caps(&in, from) || !gst_video_info_from_caps(&out, to) || in.width != out.width ||
      in.height != out.height)
    return {};
  auto made = adopt(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&out), nullptr));
  GstVideoFrame read, write;
  if (!gst_video_frame_map(&read, &in, picture, GST_MAP_READ)) return {};
  if (!gst_video_frame_map(&write, &out, made.get(), GST_MAP_WRITE)) {
    gst_video_frame_unmap(&read);
    return {};
  }
  GstVideoConverter* converter = gst_video_converter_new(&in, &out, nullptr);
  if (converter != nullptr) gst_video_converter_frame(converter, &read, &write);
  gst_video_frame_unmap(&write);
  gst_video_frame_unmap(&read);
  if (converter == nullptr) return {};
  gst_video_converter_free(converter);
  return made;
}

}  // namespace bigfoot::media::gst
