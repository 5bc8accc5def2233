#pragma once
// How many a second, with a burst: pure, time is told.

#include <algorithm>

#include "base/clock.hpp"

namespace bigfoot::server {

class TokenBucket {
 public:
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  /// One token, or false when there is none.
  bool take(Timestamp now) {
    if (last_ != Timestamp{}) tokens_ = std::min(burst_, tokens_ + to_seconds(now - last_) * per_second_);
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  Timestamp last_{};
};

}  // namespace bigfoot::server
