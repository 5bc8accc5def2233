#pragma once
// Which encoder works here: each candidate encodes a few pictures before it is trusted. Worker thread.

#include <map>
#include <string>

#include "media/encoder_table.hpp"

namespace bigfoot::media {

struct EncoderChoice {
  EncoderPlan plan;
  std::string profile_level_id;  ///< from the SPS it wrote
  std::string reason;            ///< why other rows were passed over, `name: reason; …`; empty when none was
  Nanos encode_p50{0};           ///< of the trial
};

/// Encodes twelve test pictures one after the other. Errors: no such element, it refuses the size, gives no picture in
/// time, keeps pictures back, writes no SPS or one that asks for more than a receiver was promised.
[[nodiscard]] Result<EncoderChoice> try_encoder(const EncoderPlan& plan);

/// The first row that works, from `name` (`auto` or an element). `failed` names rows that broke in use, with the
/// reason. One slice a picture where that takes less than half a frame interval, else two to four. Errors: none works,
/// with each reason.
[[nodiscard]] Result<EncoderChoice> choose_encoder(std::string_view name, Size size, FrameRate fps, Bitrate bitrate,
                                                   const std::map<std::string, std::string>& failed);

/// How many slices are worth while on this machine when one is too slow.
int slices_when_slow();

}  // namespace bigfoot::media
