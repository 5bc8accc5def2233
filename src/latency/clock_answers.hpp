#pragma once
// The side that is asked for its clock: the robot's end of the channel `clock`.

#include <optional>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "rtp/ntp.hpp"

namespace bigfoot::latency {

/// Of one session. Pure. A viewer is a stranger: it gets as many answers as an honest one can ask for, and no more.
class ClockAnswers {
 public:
  static constexpr int burst = 20;              ///< answers at once …
  static constexpr Nanos answer_every = 100ms;  ///< … and then one in this time

  /// `wall`: the one that abs-capture-time and the sender reports of the session are written by.
  explicit ClockAnswers(rtp::WallOffset wall) : wall_(wall) {}

  /// The answer to a ping that came at `received`, to be sent at `now`; nothing to what is no ping and to one too many.
  [[nodiscard]] std::optional<Bytes> answer(BytesView message, Timestamp received, Timestamp now);

 private:
  bool may_answer(Timestamp now);

  rtp::WallOffset wall_;
  int left_ = burst;
  Timestamp refilled_{};
};

}  // namespace bigfoot::latency
