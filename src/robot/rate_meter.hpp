#pragma once
// How fast a counter grows now. Pure.

#include <cstdint>

#include "base/clock.hpp"

namespace bigfoot::robot {

class RateMeter {
 public:
  /// Over the time since the last count that was at least a second ago.
  void count(std::uint64_t total, Timestamp now) {
    constexpr Nanos least = 900ms;  // a timer of a second, and a little early
    if (counted_at_ != Timestamp{} && now - counted_at_ < least) return;
    if (counted_at_ != Timestamp{} && total >= total_)
      per_second_ = static_cast<double>(total - total_) / to_seconds(now - counted_at_);
    counted_at_ = now;
    total_ = total;
  }
  double per_second() const { return per_second_; }

 private:
  std::uint64_t total_ = 0;
  Timestamp counted_at_{};
  double per_second_ = 0;
};

}  // namespace bigfoot::robot
