#pragma once
// Which decoder works here: each candidate decodes a few pictures before it is trusted. Worker thread.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "media/decoder_table.hpp"
#include "media/passed_over.hpp"
#include "media/trial_pictures.hpp"
#include "media/trial_pipeline.hpp"

namespace bigfoot::media {

struct DecoderChoice {
  const DecoderRow* row = nullptr;
  std::string text;                          ///< decoder_text() for this machine's version of the element
  std::vector<PassedOver> passed_over = {};  ///< the rows before it
  Nanos decode_p50{0};                       ///< of the trial, by the wall clock
  double cores = 0;                          ///< of processor, at that frame rate, while nothing else runs here
};

/// Decodes the pictures one after the other. Errors: it gives no picture in time, keeps pictures back, gives another
/// size.
[[nodiscard]] Result<DecoderChoice> try_decoder(const DecoderRow& row, const EncodedPictures& encoded, int gpu = 0);

/// What `on_trial` is told as the row's trial begins.
std::string trial_of(const DecoderRow& row);

/// The first row that works, from `name` (`auto` or an element). `failed` names rows that broke in use, with the
/// reason; of encoders, too, which would make the test pictures. It costs some 0.3 s of processor at 1280x720: keep the
/// answer. Errors: none works, with each reason; nothing here makes test pictures; what reads such a stream is not
/// installed.
[[nodiscard]] Result<DecoderChoice> choose_decoder(Codec codec, std::string_view name, Size size, FrameRate fps,
                                                   const std::map<std::string, std::string>& failed = {},
                                                   const OnTrial& on_trial = {}, const Host& host = Host(),
                                                   int gpu = 0);

/// The same for a viewer of H.264, who waits for the first picture: a decoder in software is trusted without a trial,
/// which would cost it 150 ms of processor; those of hardware are tried.
[[nodiscard]] Result<DecoderChoice> choose_viewers_decoder(std::string_view name, Size size, FrameRate fps,
                                                           const std::map<std::string, std::string>& failed = {},
                                                           const OnTrial& on_trial = {}, const Host& host = Host(),
                                                           int gpu = 0);

}  // namespace bigfoot::media
