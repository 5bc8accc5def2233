#pragma once
// The decoders of H.264, H.265 and JPEG, best first: rows, as the encoders are. For sources that arrive encoded and
// for whoever shows pictures.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "media/presence.hpp"

namespace bigfoot::media {

enum class Codec { h264, h265, jpeg };
/// For people: `H.264`.
const char* to_string(Codec codec);
/// `h264`, `h265`, `jpeg`
const char* key_of(Codec codec);
/// What its rows need in front of the decoder, unless that reads the stream by itself.
const char* parser_of(Codec codec);

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

/// Reads what `decoder` takes: `auto`, or a name that stands in the table, of whatever codec. Errors: unknown, with the
/// nearest one.
[[nodiscard]] Result<std::string> parse_decoder(const std::string& name);

/// The rows to try for `auto` or a name. Errors: a name that is none of this codec, with the nearest one.
[[nodiscard]] Result<std::vector<const DecoderRow*>> decoder_candidates(Codec codec, std::string_view name);

/// What the decoder's element is named in the text, and so in the errors of its bus.
inline constexpr const char* decoder_name = "bigfoot_decoder";

/// The launch text from encoded to raw pictures, for a bin with one pad at each end. `lacks`: optional properties that
/// the element does not have; `gpu`: which of several.
std::string decoder_text(const DecoderRow& row, const std::vector<std::string>& lacks = {}, int gpu = 0);

}  // namespace bigfoot::media
