#include "media/image_stamp.hpp"

#include <gst/video/video.h>
#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

const Stamp sample{123'456'789, StampTime(Micros(1'800'000'000'123'456)), 0x5A};
constexpr Size size{640, 360};

/// A grey picture in `format`, with the stamp in its luma where that is a plane of bytes.
Image made_of(GstVideoFormat format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, size.width, size.height);
  auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  gst_buffer_memset(buffer.get(), 0, 128, info.size);
  if (GST_VIDEO_FORMAT_INFO_IS_TILED(info.finfo)) {  // it has no rows to draw into
    const auto tiled = gst::adopt(gst_video_info_to_caps(&info));
    return Image(std::move(buffer), tiled.get());
  }
  GstVideoFrame frame;
  EXPECT_TRUE(gst_video_frame_map(&frame, &info, buffer.get(), GST_MAP_WRITE));
  draw_stamp(sample, static_cast<std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)),
             GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), size);
  gst_video_frame_unmap(&frame);
  const auto caps = gst::adopt(gst_video_info_to_caps(&info));
  return Image(std::move(buffer), caps.get());
}

struct ImageStamp : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
};

TEST_F(ImageStamp, IsReadInEveryFormatWithALumaPlaneOfBytes) {
  for (const auto format : {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_Y42B,
                            GST_VIDEO_FORMAT_GRAY8})
    EXPECT_EQ(read_stamp(made_of(format)), sample) << gst_video_format_to_string(format);
}

TEST_F(ImageStamp, IsNotLookedForInOthers) {
  for (const auto format :
       {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_NV12_64Z32})
    EXPECT_EQ(read_stamp(made_of(format)), std::nullopt) << gst_video_format_to_string(format);
}

TEST_F(ImageStamp, ABufferThatIsTooSmallForItsCapsIsNotRead) {
  const auto caps = gst::adopt(gst_caps_from_string("video/x-raw,format=I420,width=640,height=360,framerate=30/1"));
  EXPECT_EQ(read_stamp(Image(gst::adopt(gst_buffer_new_allocate(nullptr, 1000, nullptr)), caps.get())), std::nullopt);
}

}  // namespace
}  // namespace bigfoot::media
