#pragma once
// Repair may use at most half of a viewer's rate: on a path that loses because it is full, more repair means more loss.

#include <algorithm>

#include "base/units.hpp"

namespace bigfoot::rtp {

/// A token bucket in bytes.
class RtxBudget {
 public:
  /// `rate`: of the viewer; repairs get `share` of it. `depth`: how much unspent share may gather. At 2.5 × pacing 125
  /// ms of it hold media back for 25 ms.
  explicit RtxBudget(Bitrate rate, double share = 0.5, Nanos depth = 125ms)
      : depth_(depth), rate_(rate * share), tokens_(rate_.bytes_in(depth)) {}

  /// True while anything is left; a packet may overdraw, so that a budget smaller than a packet does not block for
  /// ever.
  bool allows(Timestamp now) {
    fill(now);
    return tokens_ > 0;
  }
  void spend(std::size_t bytes) { tokens_ -= static_cast<double>(bytes); }
  /// When allows() turns true again.
  Timestamp ready_at(Timestamp now) {
    fill(now);
    if (tokens_ > 0) return now;
    const double per_nano = static_cast<double>(std::max<std::int64_t>(rate_.bps, 1)) / 8e9;
    return now + Nanos(static_cast<std::int64_t>(std::min((1 - tokens_) / per_nano, 1e12)) + 1);
  }

 private:
  void fill(Timestamp now) {
    if (started_ && now > filled_) tokens_ = std::min(tokens_ + rate_.bytes_in(now - filled_), rate_.bytes_in(depth_));
    if (!started_ || now > filled_) filled_ = now;
    started_ = true;
  }
  Nanos depth_;
  Bitrate rate_;  // of repairs
  double tokens_;
  Timestamp filled_;
  bool started_ = false;
};

}  // namespace bigfoot::rtp
