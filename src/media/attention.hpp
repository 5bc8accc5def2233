#pragma once
// Who stands still does not see that others go on: after a pause of the whole process (a suspended or overloaded
// machine) everything it watches looks as if it had been silent for as long.

#include <chrono>

#include "base/clock.hpp"

namespace bigfoot::media {

/// Since when something has been looked at without a pause. Pure.
class Attention {
 public:
  /// To be called at every look; what is silent is silent since then at the earliest.
  Timestamp look(Timestamp now) {
    if (now - looked_at_ > pause_at_least) since_ = now;
    looked_at_ = now;
    return since_;
  }

 private:
  static constexpr Nanos pause_at_least = std::chrono::milliseconds(300);  // the looks are 50 ms apart

  Timestamp looked_at_{}, since_{};
};

}  // namespace bigfoot::media
