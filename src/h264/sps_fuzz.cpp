// Input: a NAL unit.
#include "h264/nal.hpp"
#include "h264/sps.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  const BytesView bytes(data, size);
  const auto sps = h264::parse_sps(bytes);
  if (sps) {
    const bool sane =
        sps->size.width > 0 && sps->size.width <= 16384 && sps->size.height > 0 && sps->size.height <= 16384;
    if (!sane || (sps->rate && (sps->rate->numerator < 1 || sps->rate->denominator < 1))) __builtin_trap();
    (void)h264::check_fits(sps->profile, h264::ProfileLevelId{});
  }
  (void)h264::parameter_set_id(bytes);
  (void)h264::parse_profile_level_id({reinterpret_cast<const char*>(data), size});
  return 0;
}
