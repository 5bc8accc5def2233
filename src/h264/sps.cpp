#include "h264/sps.hpp"

#include "h264/bit_reader.hpp"
#include "h264/nal.hpp"

namespace bigfoot::h264 {
namespace {

constexpr std::size_t sps_bytes_max = 4096;  // the longest legal one, with all scaling lists, is about 600
constexpr std::uint32_t side_max = 16384;

Result<Sps> broken(const char* what) {
  return fail(std::string("H.264 SPS: ") + what, "the encoder's stream cannot be used as it is");
}

bool has_chroma_fields(std::uint8_t profile_idc) {
  for (const int profile : {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
    if (profile == profile_idc) return true;
  return false;
}

void skip_scaling_list(BitReader& bits, int size) {
  std::int64_t last = 8;
  std::int64_t next = 8;
  for (int i = 0; i < size && bits.ok(); ++i) {
    if (next != 0) next = (last + bits.se() + 256) % 256;
    last = next == 0 ? last : next;
  }
}

bool read_chroma(BitReader& bits, Sps& sps) {
  sps.chroma_format = bits.ue();
  if (sps.chroma_format > 3) return false;
  if (sps.chroma_format == 3) bits.skip(1);  // separate_colour_plane_flag
  sps.bit_depth = bits.ue() + 8;
  const std::uint32_t chroma_depth = bits.ue() + 8;
  if (sps.bit_depth > 14 || chroma_depth > 14) return false;
  bits.skip(1);  // qpprime_y_zero_transform_bypass_flag
  if (!bits.flag()) return true;
  const int lists = sps.chroma_format == 3 ? 12 : 8;
  for (int i = 0; i < lists; ++i)
    if (bits.flag()) skip_scaling_list(bits, i < 6 ? 16 : 64);
  return true;
}

bool read_picture_order(BitReader& bits, Sps& sps) {
  sps.picture_order = bits.ue();
  if (sps.picture_order > 2) return false;
  if (sps.picture_order == 0) bits.ue();  // log2_max_pic_order_cnt_lsb_minus4
  if (sps.picture_order == 1) {
    bits.skip(1);
    bits.se();
    bits.se();
    const std::uint32_t cycle = bits.ue();
    if (cycle > 255) return false;
    for (std::uint32_t i = 0; i < cycle; ++i) bits.se();
  }
  return true;
}

bool read_size(BitReader& bits, Sps& sps) {
  const std::uint32_t wide = bits.ue();
  const std::uint32_t high = bits.ue();
  if (wide >= side_max / 16 || high >= side_max / 16) return false;
  const bool frames_only = bits.flag();
  sps.interlaced = !frames_only;
  if (!frames_only) bits.skip(1);  // mb_adaptive_frame_field_flag
  bits.skip(1);                    // direct_8x8_inference_flag
  const std::int64_t rows = frames_only ? 1 : 2;
  std::int64_t width = (wide + 1) * 16;
  std::int64_t height = (high + 1) * 16 * rows;
  if (bits.flag()) {
    const std::int64_t unit_x = sps.chroma_format == 1 || sps.chroma_format == 2 ? 2 : 1;
    const std::int64_t unit_y = (sps.chroma_format == 1 ? 2 : 1) * rows;
    const std::int64_t left = bits.ue(), right = bits.ue(), top = bits.ue(), bottom = bits.ue();
    width -= (left + right) * unit_x;
    height -= (top + bottom) * unit_y;
  }
  if (width < 1 || height < 1 || height > side_max) return false;
  sps.size = {static_cast<int>(width), static_cast<int>(height)};
  return true;
}

bool skip_hrd(BitReader& bits) {
  const std::uint32_t count = bits.ue() + 1;
  if (count > 32) return false;
  bits.skip(8);
  for (std::uint32_t i = 0; i < count; ++i) {
    bits.ue();
    bits.ue();
    bits.skip(1);
  }
  bits.skip(20);
  return true;
}

void read_timing(BitReader& bits, Sps& sps) {
  const std::uint32_t tick = bits.bits(32);
  const std::uint32_t scale = bits.bits(32);
  bits.skip(1);  // fixed_frame_rate_flag
  // A tick is a field's time (E.2.1): two of them make a frame.
  if (tick == 0 || scale == 0 || tick > 0x3fffffff || scale > 0x7fffffff) return;
  sps.rate = FrameRate{static_cast<int>(scale), static_cast<int>(tick * 2)};
  if (scale % 2 == 0) sps.rate = FrameRate{static_cast<int>(scale / 2), static_cast<int>(tick)};
}

bool read_vui(BitReader& bits, Sps& sps) {
  constexpr std::uint32_t extended_sar = 255;
  if (bits.flag() && bits.bits(8) == extended_sar) bits.skip(32);
  if (bits.flag()) bits.skip(1);  // overscan
  if (bits.flag()) {              // video signal type
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {  // chroma location
    bits.ue();
    bits.ue();
  }
  if (bits.flag()) read_timing(bits, sps);
  const bool nal_hrd = bits.flag();
  if (nal_hrd && !skip_hrd(bits)) return false;
  const bool vcl_hrd = bits.flag();
  if (vcl_hrd && !skip_hrd(bits)) return false;
  if (nal_hrd || vcl_hrd) bits.skip(1);
  bits.skip(1);  // pic_struct_present_flag
  if (bits.flag()) {
    bits.skip(1);
    for (int i = 0; i < 4; ++i) bits.ue();
    sps.reorder_frames = bits.ue();
    sps.decoded_frames = bits.ue();
  }
  return true;
}

}  // namespace

bool Sps::may_reorder() const {
  if (picture_order == 2 || profile.profile_idc == 66) return false;
  return reorder_frames.value_or(1) != 0;
}

Result<Sps> parse_sps(BytesView nal) {
  if (nal.empty() || nal_type(nal[0]) != NalType::sps) return broken("not a sequence parameter set");
  const Bytes rbsp = unescape(nal.subspan(1), sps_bytes_max);
  BitReader bits(rbsp);
  Sps sps;
  sps.profile.profile_idc = static_cast<std::uint8_t>(bits.bits(8));
  sps.profile.constraints = static_cast<std::uint8_t>(bits.bits(8));
  sps.profile.level_idc = static_cast<std::uint8_t>(bits.bits(8));
  sps.id = bits.ue();
  if (sps.id > 31) return broken("seq_parameter_set_id above 31");
  if (has_chroma_fields(sps.profile.profile_idc) && !read_chroma(bits, sps))
    return broken("chroma format or bit depth");
  bits.ue();  // log2_max_frame_num_minus4
  if (!read_picture_order(bits, sps)) return broken("picture order count");
  sps.reference_frames = bits.ue();
  bits.skip(1);  // gaps_in_frame_num_value_allowed_flag
  if (!read_size(bits, sps)) return broken("picture size");
  if (bits.flag() && !read_vui(bits, sps)) return broken("HRD parameters");
  if (!bits.ok()) return broken("cut short");
  return sps;
}

std::optional<std::uint32_t> parameter_set_id(BytesView nal) {
  if (nal.empty()) return std::nullopt;
  const std::size_t fixed =
      nal_type(nal[0]) == NalType::sps ? 4 : 1;  // profile, constraints, level stand before the id
  if (nal.size() <= fixed) return std::nullopt;
  const Bytes rbsp = unescape(nal.subspan(fixed), 8);
  BitReader bits(rbsp);
  const std::uint32_t id = bits.ue();
  if (!bits.ok() || id > 255) return std::nullopt;
  return id;
}

}  // namespace bigfoot::h264
