#pragma once
// The decoders of H.264 and of JPEG, best first: rows, as the encoders are. For sources that arrive encoded and for
// whoever shows pictures.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "media/presence.hpp"

namespace bigfoot::media {

enum class Codec { h264, jpeg };
const char* to_string(Codec codec);

struct DecoderRow {
  const char* element;
  Codec codec;
  const char* input;      ///< launch text in front of it
  const char* low_delay;  ///< properties for no delay; a word with `?` is left out where the element lacks it
  const char* output;     ///< launch text behind it, to raw pictures in ordinary memory
  Place place;
  const char* tested_on;  ///< device and date, or `untested`
};

/// Every row; of one codec they stand in the order in which they are tried.
std::span<const DecoderRow> decoder_table();

/// The rows to try for `auto` or a name. Errors: an unknown name, with the nearest one.
[[nodiscard]] Result<std::vector<const DecoderRow*>> decoder_candidates(Codec codec, std::string_view name);

/// The launch text from encoded to raw pictures, for a bin with one pad at each end. `lacks`: optional properties that
/// the element does not have.
std::string decoder_text(const DecoderRow& row, const std::vector<std::string>& lacks = {});

}  // namespace bigfoot::media
