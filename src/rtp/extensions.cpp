#include "rtp/extensions.hpp"

#include <algorithm>

namespace bigfoot::rtp {
namespace {

std::uint32_t tens_of_millis(Millis delay) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>((delay.count() + 9) / 10, 0, 4095));
}

}  // namespace

void write_playout_delay(PlayoutDelay delay, std::uint8_t* out) {
  store_be24(out, tens_of_millis(delay.min) << 12 | tens_of_millis(delay.max));
}

std::size_t write_abs_capture_time(const AbsCaptureTime& time, std::uint8_t* out) {
  store_be64(out, time.capture_ntp);
  if (!time.clock_offset) return 8;
  store_be64(out + 8, static_cast<std::uint64_t>(*time.clock_offset));
  return 16;
}

std::optional<AbsCaptureTime> parse_abs_capture_time(BytesView value) {
  if (value.size() != 8 && value.size() != 16) return std::nullopt;
  AbsCaptureTime time{.capture_ntp = load_be64(value.data()), .clock_offset = std::nullopt};
  if (value.size() == 16) time.clock_offset = static_cast<std::int64_t>(load_be64(value.data() + 8));
  return time;
}

std::optional<std::uint16_t> parse_transport_cc(BytesView value) {
  if (value.size() != 2) return std::nullopt;
  return load_be16(value.data());
}

}  // namespace bigfoot::rtp
