#pragma once
// Exponential backoff with full jitter, so that a fleet that lost its server does not return as one thundering herd.

#include <algorithm>
#include <random>

#include "base/clock.hpp"

namespace bigfoot {

class Backoff {
 public:
  Backoff(Nanos first, Nanos longest, std::uint32_t seed) : first_(first), longest_(longest), random_(seed) {}

  /// The pause before the next try: uniform in [first/2, ceiling], the ceiling doubling from `first` to `longest`.
  Nanos next() {
    ceiling_ = ceiling_ == Nanos{0} ? first_ : std::min(longest_, ceiling_ * 2);
    std::uniform_int_distribution<std::int64_t> spread((first_ / 2).count(), ceiling_.count());
    return Nanos(spread(random_));
  }
  /// After a success.
  void reset() { ceiling_ = Nanos{0}; }

 private:
  Nanos first_;
  Nanos longest_;
  Nanos ceiling_{0};
  std::minstd_rand random_;
};

}  // namespace bigfoot
