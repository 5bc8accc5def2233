#pragma once
// The sequence parameter set (H.264 7.3.2.1.1, Annex E): what a stream says about itself.

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "h264/profile_level_id.hpp"

namespace bigfoot::h264 {

struct Sps {
  ProfileLevelId profile;
  std::uint32_t id = 0;
  Size size;                                    ///< as displayed, cropping applied
  std::uint32_t chroma_format = 1;              ///< 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4
  std::uint32_t bit_depth = 8;                  ///< luma
  bool interlaced = false;                      ///< fields may occur
  std::uint32_t picture_order = 0;              ///< pic_order_cnt_type; 2: output order is decoding order
  std::uint32_t reference_frames = 0;           ///< max_num_ref_frames
  std::optional<std::uint32_t> reorder_frames;  ///< VUI max_num_reorder_frames
  std::optional<std::uint32_t> decoded_frames;  ///< VUI max_dec_frame_buffering
  std::optional<FrameRate> rate;                ///< VUI timing, for frames

  /// A decoder may hold pictures back to put them in order (B-frames): delay that no receiver can remove.
  bool may_reorder() const;
};

/// `nal` without start code, with emulation prevention. Errors: not an SPS, cut short, values outside the standard,
/// larger than 16384 pixels a side.
[[nodiscard]] Result<Sps> parse_sps(BytesView nal);

/// seq_parameter_set_id of an SPS, pic_parameter_set_id of a PPS; nothing when the NAL unit is too short.
std::optional<std::uint32_t> parameter_set_id(BytesView nal);

}  // namespace bigfoot::h264
