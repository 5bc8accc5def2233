#include "media/test_decoder.hpp"

#include <algorithm>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "base/check.hpp"
#include "media/gst/bus.hpp"

namespace bigfoot::media {

TestDecoder::TestDecoder() {
  BIGFOOT_CHECK(gst::start(), "GStreamer starts");
  auto bin = gst::parse_bin(
      "appsrc name=in format=time caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! "
      "avdec_h264 max-threads=1 ! videoconvert ! video/x-raw,format=I420 ! appsink name=out sync=false async=false",
      gst::Open::none);
  BIGFOOT_CHECK(bin, "gstreamer1.0-libav is installed");
  in_ = gst::find(bin->get(), "in");
  out_ = gst::find(bin->get(), "out");
  pipeline_.add(std::move(*bin));
  BIGFOOT_CHECK(pipeline_.play({}), "a decoder starts");
}

Result<TestDecoder::Frame> TestDecoder::decode(BytesView access_unit) {
  GstBuffer* buffer = gst_buffer_new_memdup(access_unit.data(), access_unit.size());
  GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = fed_++ * 33 * GST_MSECOND;
  gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer);
  const auto sample = gst::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), 2 * GST_SECOND));
  if (!sample) return tl::unexpected(gst::pending_error(pipeline_.get(), Error{"no picture came out"}));
  GstVideoInfo info;
  GstVideoFrame mapped;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())) ||
      !gst_video_frame_map(&mapped, &info, gst_sample_get_buffer(sample.get()), GST_MAP_READ))
    return fail("the picture cannot be read");
  Frame frame{{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)}, {}};
  const auto* luma = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, 0));
  for (int y = 0; y < frame.size.height; ++y) {
    const std::uint8_t* row = luma + static_cast<std::ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, 0);
    frame.luma.insert(frame.luma.end(), row, row + frame.size.width);
  }
  gst_video_frame_unmap(&mapped);
  return frame;
}

}  // namespace bigfoot::media
