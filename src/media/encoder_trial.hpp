#pragma once
// Which encoder works here: each candidate encodes a few pictures before it is trusted. Worker thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/encoder_table.hpp"
#include "media/passed_over.hpp"
#include "media/trial_pipeline.hpp"

namespace bigfoot::media {

struct EncoderChoice {
  EncoderPlan plan;
  std::string profile_level_id;              ///< from the SPS it wrote
  std::vector<PassedOver> passed_over = {};  ///< the rows before it
  std::string reason = {};                   ///< failures_text() of those
  Nanos encode_p50{0};                       ///< of the trial, by the wall clock
  double cores = 0;                          ///< of processor, at the plan's frame rate, while nothing else runs here
};

/// What this machine lacks for the row; a person's own launch text lacks nothing before it is tried.
std::optional<Error> encoder_absence(const EncoderRow& row, const Host& host = Host(), int gpu = 0);

/// Encodes twelve test pictures one after the other, and asks for a key frame in the middle. Errors: it refuses the
/// size, gives no picture in time, keeps pictures back, gives no key frame within ten pictures or one without SPS,
/// writes no SPS or one that asks for more than a receiver was promised.
[[nodiscard]] Result<EncoderChoice> try_encoder(EncoderPlan plan);

/// The same, and once more in slices when one slice a picture takes more than half a frame interval.
[[nodiscard]] Result<EncoderChoice> try_encoder_slices(const EncoderPlan& plan, const OnTrial& on_trial = {});

/// The first row that works, from `name` (`auto`, an element, or `gst:LAUNCH TEXT`). `failed` names rows that broke in
/// use, with the reason. One slice a picture where that takes less than half a frame interval, else two to four; as
/// many as `resources` says where it does.
/// Errors: none works, with each reason.
[[nodiscard]] Result<EncoderChoice> choose_encoder(std::string_view name, Size size, FrameRate fps, Bitrate bitrate,
                                                   const std::map<std::string, std::string>& failed,
                                                   const OnTrial& on_trial = {}, const Host& host = Host(),
                                                   const Resources& resources = {});

/// How many slices are worth while on this machine when one is too slow.
int slices_when_slow();

}  // namespace bigfoot::media
