#pragma once
// Show or skip, frame by frame; nothing else in the viewer delays a picture on purpose. Pure.
//
// Built in: a picture is shown the moment it is decoded. Of many that come at once (a repaired gap lets go what
// waited behind it) only the last two are shown: the others are decoded, because those refer to them, and skipped.
//
// `smooth`: for people who prefer even motion. A frame waits until `smooth` after the fastest frame of the last seconds
// would have been shown; so up to that much jitter is evened out. One that comes later than its moment is shown at
// once, unless a newer one is here.

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace bigfoot::view {

/// Longer is no longer live.
inline constexpr Nanos smooth_max = 1s;

/// Of one camera's stream.
class Playout {
 public:
  explicit Playout(Nanos smooth) : smooth_(smooth) {}

  struct Decision {
    bool show = true;
    Timestamp at;  ///< to the decoder not before this; never before that of the frame before
  };
  /// The next frame, in order. `ticks`: 90 kHz, without wraps. `newer`: how many behind it are here already.
  Decision next(std::int64_t ticks, Timestamp now, std::size_t newer);
  /// Another stream begins: its ticks have nothing to do with those before.
  void reset();

 private:
  /// A picture is skipped when so many newer ones are here. A repair within a round trip and a half of 40 ms lets go
  /// one picture behind it: it is decoded 2 ms later, and until then the repaired one is the newest there is.
  static constexpr std::size_t overtaken_by = 2;
  /// How early a frame can be, by the fastest of the last two windows.
  static constexpr Nanos window = 5s;
  /// A sender that stood still, or whose clock was set: what was learned of it is worth nothing.
  static constexpr Nanos leap = 2s;

  Nanos lead_of(std::int64_t ticks, Timestamp now);

  const Nanos smooth_;
  std::array<std::optional<Nanos>, 2> fastest_;  ///< arrival − media time: of this window, of the one before
  Timestamp window_began_{};
  Timestamp last_at_{};
};

}  // namespace bigfoot::view
