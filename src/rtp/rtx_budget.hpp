#pragma once
// Repair may use at most half of a viewer's rate: on a path that loses because it is full, more repair means more loss.

#include <algorithm>

#include "base/units.hpp"

namespace bigfoot::rtp {

/// A token bucket in bytes.
class RtxBudget {
 public:
  /// `depth`: how much unspent share may gather. At 2.5 × pacing 125 ms of it hold media back for 25 ms.
  explicit RtxBudget(Bitrate rate, double share = 0.5, Nanos depth = 125ms) : share_(share), depth_(depth) {
    set_rate(rate);
  }

  void set_rate(Bitrate rate) {
    rate_ = rate * share_;
    const double full = rate_.bytes_in(depth_);
    tokens_ = started_ ? std::min(tokens_, full) : full;
  }
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
  double share_;
  Nanos depth_;
  Bitrate rate_;
  double tokens_ = 0;
  Timestamp filled_;
  bool started_ = false;
};

}  // namespace bigfoot::rtp
