#pragma once
// Another machine's clock, from pings over the channel `clock`. Pure: it is told the time, and says when to ask.
//
// A ping that left at t1 and came back at t4 was received at t2 and answered at t3 by the peer's clock. No packet
// travels back in time, so the peer's clock − ours lies between t3 − t4 and t2 − t1, wherever on the way the packets
// queued: the middle is right within half the round trip, (t4 − t1) − (t3 − t2). The shortest round trip of the last
// half minute therefore says most, and what it says grows older by the drift of two clocks.

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.hpp"
#include "latency/clock_estimate.hpp"
#include "latency/clock_message.hpp"

namespace bigfoot::latency {

enum class PongVerdict {
  ignored,    ///< answers no open question (late, twice, made up), or says what cannot be
  taken,      ///< one more sample
  restarted,  ///< contradicts what was known: one of the clocks stepped, and all that was known is forgotten
};

/// Of one channel.
class ClockEstimator {
 public:
  static constexpr int fast_pings = 8;              ///< at first, and after a clock stepped …
  static constexpr Nanos fast_interval = 125ms;     ///< … in one second, …
  static constexpr Nanos interval = 1s;             ///< then one in this time
  static constexpr Nanos window = 30s;              ///< an older sample goes, unless it is the last
  static constexpr std::int64_t drift_part = 5000;  ///< 200 ppm: two quartz clocks, each within 100 ppm
  /// Message times are whole microseconds.
  static constexpr Nanos resolution = 1us;

  /// The first ping is due at `start`.
  explicit ClockEstimator(Timestamp start) : next_due_(start) {}

  Timestamp next_due() const { return next_due_; }
  /// The ping to be sent now, stamped as sent at `now`; nothing before next_due(). A caller that comes late asks once,
  /// not for each time it missed.
  [[nodiscard]] std::optional<ClockPing> ask(Timestamp now);
  /// `arrived`: when the answer came, by the clock of ask().
  PongVerdict on_pong(const ClockPong& pong, Timestamp arrived);

  /// Nothing before the first answer. Without answers the error grows, for ever.
  std::optional<ClockEstimate> estimate(Timestamp now) const;
  /// The shortest round trip of the window, without the time that the peer took to answer.
  std::optional<Nanos> rtt() const;
  /// How often a clock stepped.
  std::uint64_t restarts() const { return restarts_; }

 private:
  struct Question {
    std::uint32_t id = 0;
    std::optional<Timestamp> asked;  // nothing: not asked, or answered
  };
  struct Sample {
    Timestamp asked;
    Nanos offset;  // the middle
    Nanos rtt;
  };
  static constexpr std::size_t questions_max = 16;  // an answer that comes behind 16 newer questions is not waited for

  static Nanos error_of(const Sample& sample, Timestamp now);
  std::optional<Timestamp> take_question(std::uint32_t id);
  void restart(std::uint32_t id, Timestamp now);
  void keep(const Sample& sample, Timestamp now);

  Timestamp next_due_;
  int fast_left_ = fast_pings;
  std::uint32_t next_id_ = 1;
  std::array<Question, questions_max> questions_;
  std::deque<Sample> samples_;  // oldest first, each with a smaller error than all behind it: the first is the best
  std::uint64_t restarts_ = 0;
};

}  // namespace bigfoot::latency
