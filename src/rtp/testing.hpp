#pragma once
// Test support: playout delays, which no receiver of ours reads.

#include <optional>

#include "rtp/extensions.hpp"

namespace bigfoot::rtp {

inline std::optional<PlayoutDelay> parse_playout_delay(BytesView value) {
  if (value.size() != 3) return std::nullopt;
  const std::uint32_t both = load_be24(value.data());
  return PlayoutDelay{Millis((both >> 12) * 10), Millis((both & 0xfff) * 10)};
}

}  // namespace bigfoot::rtp
