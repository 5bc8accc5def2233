#pragma once
// Is the picture new? Who steers by an old picture hits things, so the rule is hard, and the page's
// (web/js/freshness.js): no new picture for 300 ms is frozen.

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace bigfoot::view {

/// Of one camera. Pure.
class Freeze {
 public:
  static constexpr Nanos frozen_after = 300ms;

  explicit Freeze(Timestamp now) : newest_at_(now) {}

  /// A picture was shown; each picture once.
  void shown(Timestamp at) {
    freezes_ = freezes(at);
    total_ = frozen_for(at);
    seen_ = true;
    newest_at_ = std::max(at, newest_at_);
  }

  /// Nothing was shown yet: neither fresh nor frozen.
  bool seen() const { return seen_; }
  bool fresh(Timestamp now) const { return seen_ && age(now) < frozen_after; }
  bool frozen(Timestamp now) const { return seen_ && age(now) >= frozen_after; }
  /// Of the newest picture; before the first one how long it is waited for.
  Nanos age(Timestamp now) const { return std::max(Nanos{0}, now - newest_at_); }

  /// Freezes so far, one that lasts included; and how long no new picture came in all of them, each from its last
  /// picture on.
  std::uint64_t freezes(Timestamp now) const { return freezes_ + (frozen(now) ? 1 : 0); }
  Nanos frozen_for(Timestamp now) const { return total_ + (frozen(now) ? age(now) : Nanos{0}); }

 private:
  bool seen_ = false;
  Timestamp newest_at_;
  std::uint64_t freezes_ = 0;
  Nanos total_{0};
};

}  // namespace bigfoot::view
