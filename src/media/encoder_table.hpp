#pragma once
// The encoders, best first. An encoder is a row, not a class: everything that differs between them stands here, and the
// pipeline's text follows from it, so that a row can be tested without its hardware. docs/encoders.md explains the
// columns.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "media/presence.hpp"
#include "media/resources.hpp"

namespace bigfoot::media {

/// How the next frame is made a key frame.
enum class KeyframeMethod {
  force_key_unit_event,  ///< GStreamer's upstream event
  force_idr_signal,      ///< the action signal `force-IDR`
  extra_control          ///< a V4L2 control, by the property `extra-controls`
};
const char* to_string(KeyframeMethod method);

/// Properties may hold marks: {bitrate} and {limit} in the row's unit, {threads}, {level} like 3.1, and what the rate
/// gives in `keyframe_span` as {span_bits} or {span_kbits}. A word that begins with `?` is left out where the element
/// lacks that property: not every version or driver has it.
struct EncoderRow {
  const char* element;
  const char* input;      ///< launch text in front of it: converter, memory and formats
  const char* low_delay;  ///< properties for no delay, no B-frames, key frames only on request
  const char* one_slice;  ///< added for one slice a picture
  const char* sliced;     ///< added for `{threads}` slices a picture, encoded side by side; empty: it cannot, or gains
                          ///< nothing by it
  const char* bitrate_property;  ///< nullptr: the rate is not ours to set
  const char* bitrate_text;      ///< what it is set to: `{bitrate}`, or a structure around it
  int bitrate_unit;              ///< bits per second in one unit of it
  bool bitrate_costs_keyframe;   ///< a change while playing makes an IDR
  const char* limit_property;    ///< the most that the rate may reach for a moment, in the same unit; nullptr: none
  KeyframeMethod keyframe;
  const char* vbv;          ///< properties that bound one picture
  Nanos keyframe_span;      ///< a key frame is no larger than the start rate gives in this time; 0: nothing bounds it
  const char* output_caps;  ///< asked of its output besides byte-stream and whole access units
  bool level_from_caps;     ///< writes the level of its output caps into the SPS
  const char* live;         ///< what may be changed while playing; empty: nothing
  Place place;
  const char* tested_on;  ///< device and date, or `untested`
  /// A camera's memory (DMABuf) goes in as it is, under the same caps as any other; what is none, as a placeholder, is
  /// copied. An encoder that takes nothing else would need its placeholders in such memory, too.
  bool takes_dmabuf = false;
};

/// The rows that this program knows, in the order in which `auto` tries them.
std::span<const EncoderRow> encoder_table();
/// The row of an encoder that the person wrote as `gst:LAUNCH TEXT`: raw video in, H.264 out, a rate of its own.
const EncoderRow& launch_text_row();

/// The rows to try for `auto`, a name, or `gst:LAUNCH TEXT`. Errors: an unknown name, with the nearest one.
[[nodiscard]] Result<std::vector<const EncoderRow*>> encoder_candidates(std::string_view name);

/// What one encoder is to do.
struct EncoderPlan {
  const EncoderRow* row = nullptr;
  Size size;
  FrameRate fps;
  Bitrate bitrate;
  int slices = 1;
  std::string launch_text = {};         ///< of `gst:`; else empty
  std::vector<std::string> lacks = {};  ///< properties that a row would set if the element had them
  int gpu = 0;                          ///< which of several
  std::string element() const { return element_on(row->element, gpu); }
};

/// The launch text from raw video to H.264 access units: the element is named `encoder`; a person's own text stands
/// between `encoder_in` and `encoder_out`. Errors: no level of H.264 carries the size and rate.
[[nodiscard]] Result<std::string> encoder_text(const EncoderPlan& plan);
/// The properties that the row sets only where the element has them.
std::vector<std::string> optional_properties(const EncoderRow& row);

/// The value of the row's bitrate property, and of its limit property.
unsigned bitrate_value(const EncoderRow& row, Bitrate bitrate);
unsigned limit_value(const EncoderRow& row, Bitrate bitrate);
/// The row's bitrate property as text for this rate.
std::string bitrate_text(const EncoderRow& row, Bitrate bitrate);

}  // namespace bigfoot::media
