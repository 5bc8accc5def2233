#include "media/decoder_watch.hpp"

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

constexpr auto pictures_and_caps =
    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);

bool is_caps(GstPadProbeInfo& info) {
  return (info.type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0 &&
         GST_EVENT_TYPE(gst_pad_probe_info_get_event(&info)) == GST_EVENT_CAPS;
}

bool is_picture(GstPadProbeInfo& info) { return (info.type & GST_PAD_PROBE_TYPE_BUFFER) != 0; }

}  // namespace

DecoderWatch::DecoderWatch(GstElement* decoder) {
  const auto sink = gst::pad_of(decoder, "sink"), src = gst::pad_of(decoder, "src");
  in_ = gst::Probe(sink.get(), pictures_and_caps, [state = state_](GstPadProbeInfo& info) {
    if (is_caps(info)) state->asked = true;
    if (!is_picture(info)) return GST_PAD_PROBE_OK;
    // Who joins an H.264 stream in its middle gets nothing before the next key frame.
    if (!GST_BUFFER_FLAG_IS_SET(gst_pad_probe_info_get_buffer(&info), GST_BUFFER_FLAG_DELTA_UNIT))
      state->started = true;
    if (state->started) ++state->owed;
    return GST_PAD_PROBE_OK;
  });
  out_ = gst::Probe(src.get(), pictures_and_caps, [state = state_](GstPadProbeInfo& info) {
    if (is_caps(info)) state->answered = true;
    if (is_picture(info)) state->owed = 0;
    return GST_PAD_PROBE_OK;
  });
}

std::optional<Nanos> DecoderWatch::standstill(Timestamp now) {
  if (state_->owed < pictures_owed)
    since_.reset();
  else if (!since_)
    since_ = now;
  return since_ ? std::optional(now - *since_) : std::nullopt;
}

}  // namespace bigfoot::media
