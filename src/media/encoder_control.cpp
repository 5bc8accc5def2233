#include "media/encoder_control.hpp"

#include <gst/video/video.h>

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {

EncoderEnds encoder_ends(GstElement* bin) {
  if (const auto first = gst::find(bin, "encoder_in"))
    return {{}, gst::pad_of(first.get(), "sink"), gst::pad_of(gst::find(bin, "encoder_out").get(), "src")};
  auto element = gst::find(bin, "encoder");
  auto in = gst::pad_of(element.get(), "sink");
  auto out = gst::pad_of(element.get(), "src");
  return {std::move(element), std::move(in), std::move(out)};
}

void request_keyframe(const EncoderEnds& encoder, const EncoderRow& row) {
  switch (row.keyframe) {
    // Not all headers: with them rtph264pay 1.22 sends SPS and PPS as a picture of their own.
    case KeyframeMethod::force_key_unit_event:
      gst_pad_send_event(encoder.out.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
      return;
    case KeyframeMethod::force_idr_signal: g_signal_emit_by_name(encoder.element.get(), "force-IDR"); return;
    case KeyframeMethod::extra_control:
      gst_util_set_object_arg(G_OBJECT(encoder.element.get()), "extra-controls", "controls,force_key_frame=1");
      return;
  }
}

void set_bitrate(const EncoderEnds& encoder, const EncoderRow& row, Bitrate bitrate) {
  if (row.bitrate_property)
    gst_util_set_object_arg(G_OBJECT(encoder.element.get()), row.bitrate_property, bitrate_text(row, bitrate).c_str());
}

void set_limit(const EncoderEnds& encoder, const EncoderRow& row, Bitrate bitrate) {
  if (row.limit_property) g_object_set(encoder.element.get(), row.limit_property, limit_value(row, bitrate), nullptr);
}

std::vector<std::string> lacking_properties(const char* element, const std::vector<std::string>& optional) {
  if (optional.empty()) return {};
  const auto made = gst::adopt(gst_element_factory_make(element, nullptr));
  std::vector<std::string> lacks;
  for (const std::string& name : optional)
    if (made && !g_object_class_find_property(G_OBJECT_GET_CLASS(made.get()), name.c_str())) lacks.push_back(name);
  return lacks;
}

}  // namespace bigfoot::media
