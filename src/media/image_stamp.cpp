#include "media/image_stamp.hpp"

#include <gst/video/video.h>

namespace bigfoot::media {
namespace {

/// Bytes of luma and nothing else, row by row: I420, NV12, Y42B, GRAY8 and their like.
bool plain_luma(const GstVideoInfo& info) {
  const GstVideoFormatInfo* format = info.finfo;
  return (GST_VIDEO_FORMAT_INFO_IS_YUV(format) || GST_VIDEO_FORMAT_INFO_IS_GRAY(format)) &&
         !GST_VIDEO_FORMAT_INFO_IS_TILED(format) && GST_VIDEO_FORMAT_INFO_DEPTH(format, 0) == 8 &&
         GST_VIDEO_FORMAT_INFO_PSTRIDE(format, 0) == 1;
}

}  // namespace

std::optional<Stamp> read_stamp(const Image& image) {
  GstVideoInfo info;
  if (!image.caps() || !gst_video_info_from_caps(&info, image.caps()) || !plain_luma(info)) return std::nullopt;
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, image.buffer(), GST_MAP_READ)) return std::nullopt;
  const int height = GST_VIDEO_FRAME_HEIGHT(&frame), stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
  const auto* luma = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  std::optional<Stamp> stamp;
  if (stride > 0 && height > 0) {
    const BytesView bytes(luma, static_cast<std::size_t>(height - 1) * stride + GST_VIDEO_FRAME_WIDTH(&frame));
    stamp = read_stamp(LumaView{bytes, GST_VIDEO_FRAME_WIDTH(&frame), height, stride});
  }
  gst_video_frame_unmap(&frame);
  return stamp;
}

}  // namespace bigfoot::media
