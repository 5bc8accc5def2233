#pragma once
// The picture formats of V4L2 cameras that a chain can take, and what each costs before the encoder has it. Pure.

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bigfoot::media {

enum class V4l2Kind { raw, mjpeg, h264 };
/// What is left of the colours: all, five or six bits each, none.
enum class V4l2Colour { full, coarse, none };

struct V4l2FormatRow {
  const char* fourcc;  ///< the driver's name
  const char* name;    ///< GStreamer's name of a raw format; else what people say
  V4l2Kind kind;
  int cost;  ///< of one picture until it is I420, against the others: an estimate from the work to be done, not
             ///< measured
  V4l2Colour colour = V4l2Colour::full;
};

/// The formats that v4l2src gives and the chain takes, cheapest first.
std::span<const V4l2FormatRow> v4l2_formats();
/// The row of a FourCC; nullptr for one that no chain takes (depth, Bayer, HEVC).
const V4l2FormatRow* v4l2_format(std::string_view fourcc);

/// Reads what `format=` takes: `auto`, `raw`, `mjpeg`, `h264`, a FourCC or GStreamer's name, in any case. Gives one of
/// the four words or a FourCC. Errors: unknown, with the nearest.
[[nodiscard]] Result<std::string> parse_v4l2_format(std::string_view text);

}  // namespace bigfoot::media
