#pragma once
// The encoders, best first. An encoder is a row, not a class: everything that differs between them stands here, and the
// pipeline's text follows from it, so that a row can be tested without its hardware.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace bigfoot::media {

/// How the next frame is made a key frame.
enum class KeyframeMethod { force_key_unit_event };

struct EncoderRow {
  const char* element;
  const char* input_caps;  ///< memory and formats it takes
  const char* low_delay;   ///< properties for no delay, no B-frames, key frames only on request
  const char* one_slice;   ///< added for one slice a picture
  const char* sliced;      ///< added for `{threads}` slices a picture, encoded side by side
  const char* bitrate_property;
  int bitrate_unit;             ///< bits per second in one unit of it
  bool bitrate_costs_keyframe;  ///< a change while playing makes an IDR
  const char* limit_property;   ///< the most that the rate may reach for a moment, in the same unit; nullptr: none
  KeyframeMethod keyframe;
  const char* vbv;        ///< properties that bound one picture
  Nanos keyframe_span;    ///< a key frame is no larger than the rate gives in this time
  bool level_from_caps;   ///< writes the level of its output caps into the SPS
  const char* live;       ///< what may be changed while playing
  const char* tested_on;  ///< device and date, or `untested`
};

/// The rows that this program knows, in the order in which `auto` tries them.
std::span<const EncoderRow> encoder_table();

/// The rows to try for `auto` or a name. Errors: an unknown name, with the nearest one.
[[nodiscard]] Result<std::vector<const EncoderRow*>> encoder_candidates(std::string_view name);

/// What one encoder is to do.
struct EncoderPlan {
  const EncoderRow* row = nullptr;
  Size size;
  FrameRate fps;
  Bitrate bitrate;
  int slices = 1;
};

/// The launch text from raw video to H.264 access units: the element is named `encoder`. Errors: no level of H.264
/// carries the size and rate.
[[nodiscard]] Result<std::string> encoder_text(const EncoderPlan& plan);
/// The value of the row's bitrate property, and of its limit property.
unsigned bitrate_value(const EncoderRow& row, Bitrate bitrate);
unsigned limit_value(const EncoderRow& row, Bitrate bitrate);

}  // namespace bigfoot::media
