#pragma once
// What is asked of an encoder while it runs, in the way its row says. Its own streaming thread, between two pictures:
// OpenH264 takes a new rate only when it is not encoding.

#include "media/encoder_table.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media {

/// Where pictures go in and access units come out. `element` is empty for a person's own launch text.
struct EncoderEnds {
  gst::Handle<GstElement> element;
  gst::Handle<GstPad> in, out;
};
/// Of a bin made from encoder_text().
EncoderEnds encoder_ends(GstElement* bin);

/// The next picture becomes a key frame.
void request_keyframe(const EncoderEnds& encoder, const EncoderRow& row);
/// Nothing happens where the row has no such property.
void set_bitrate(const EncoderEnds& encoder, const EncoderRow& row, Bitrate bitrate);
void set_limit(const EncoderEnds& encoder, const EncoderRow& row, Bitrate bitrate);

/// Of the row's optional properties those that the element lacks. GStreamer must have been started.
std::vector<std::string> lacking_properties(const char* element, const std::vector<std::string>& optional);

}  // namespace bigfoot::media
