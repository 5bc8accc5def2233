#pragma once
// Which packets are missing, when each is asked for (NACK), and when it can no longer come.
//
// The rules, each with its reason. R is the round trip, J the jitter, both of the last step.
//
// 1. A hole is asked for the moment it shows, unless the path is known to reorder. What a path has reordered of late
//    is learned from holes that the stream itself filled (as RACK does it, RFC 8985 6.2): the first ask then waits
//    for the longest such lateness of the last seconds, at most half a round trip: waiting longer costs more than the
//    repeat that it saves. On a path that keeps order the wait is zero.
// 2. It is asked for again after `retry` = R + margin, margin = 2 J within 5 ms … R/2. The answer needs R and the
//    sender's turn in its pacer (bursts of 5 ms). Earlier is useless twice: the answer may be about to come, and a
//    sender refuses to repeat a packet twice within its own idea of R. Never below 10 ms.
//    With 2 % loss each way 4 % of the rounds fail: 96 % of the holes close after 1 R, 99.84 % after 2 R + margin.
// 3. It is asked for only while an answer can still come in time: within `patience` = 4 retries, at least 100 ms (a
//    Wi-Fi that is gone for 50 ms swallows asks and answers alike, and a new key frame takes longer than that), at most
//    1 s (a sender's history; ours keeps max(1 s, 4 R)), but always twice. Four rounds fail together once in 400,000
//    holes at 2 % loss, once in 60 at 20 %. The time counts from the first ask, and late timers of a busy machine take
//    none of the first four rounds away, unless they are late by 100 ms in all: that is a standstill, and time is up.
// 4. When the last answer did not come one retry after its ask, the packet is lost. Giving up early is dear: the key
//    frame costs R, the sender's throttle (150 ms, or 2 s for a spectator) and four pictures' worth of rate.
// 5. More than `missing_max` holes are not repaired: a second's worth of a blackout at half the rate takes two seconds
//    to repeat, a key frame less. Senders look at the first few hundred numbers of a NACK only.
// 6. A packet that should have been here by the stream's rhythm is asked for before its absence shows (ask_ahead). The
//    rhythm may be wrong, and then a packet is repeated in vain: at most 4 such asks a second may miss.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot::rtp {

class Repair {
 public:
  static constexpr std::size_t missing_max = 256;
  /// Before any round trip was measured: a continental path.
  static constexpr Nanos rtt_guess = 100ms;

  /// `nack`: the peer answers NACKs. Else a hole is only waited for as long as reordering may take.
  explicit Repair(bool nack) : nack_(nack) {}

  /// Out of range values are cut: 0 ≤ rtt ≤ 2 s.
  void set_path(Nanos rtt, Nanos jitter);
  Nanos rtt() const { return rtt_; }
  Nanos retry() const;
  Nanos patience() const;

  /// `number` is missing since `now`; numbers in rising order. Numbers are unwrapped ones.
  void miss(std::int64_t number, Timestamp now);
  /// It came: as a repeat, or by the stream itself.
  void came(std::int64_t number, bool repeat, Timestamp arrival);
  void forget_before(std::int64_t number);
  void clear();

  /// The numbers to ask for now.
  void step(Timestamp now, std::vector<std::uint16_t>& ask);
  /// The number behind the newest is overdue by the stream's rhythm. `again`: it is known to exist, so it may be asked
  /// for again. Returns when it is to be called next; nothing: not for this number.
  std::optional<Timestamp> ask_ahead(std::int64_t number, bool again, Timestamp overdue, Timestamp now,
                                     std::vector<std::uint16_t>& ask);

  std::size_t missing() const { return missing_.size(); }
  /// The oldest missing one, when it can no longer come.
  std::optional<std::int64_t> lost() const;
  /// Missing, and it can still come.
  bool awaited(std::int64_t number) const;
  std::optional<Timestamp> next_due() const;

  struct Stats {
    std::uint64_t asked = 0;  ///< numbers in NACKs, the repeated ones too
    std::uint64_t asked_again = 0;
    std::uint64_t asked_ahead = 0;
    std::uint64_t ahead_missed = 0;  ///< of these, on their way by themselves
    std::uint64_t reordered = 0;     ///< holes that the stream itself filled
    std::uint64_t repaired = 0;      ///< holes that repeats filled
    std::uint64_t lost = 0;          ///< holes given up
  };
  const Stats& stats() const { return stats_; }
  /// Round trip as the repairs show it: NACK to repeat, of packets asked for once (a second ask leaves open which one
  /// was answered). Smoothed. For who has no better measure.
  std::optional<Nanos> measured_rtt() const { return measured_; }

 private:
  struct Hole {
    std::int64_t number = 0;
    Timestamp noticed;
    Timestamp asked = {};
    Timestamp since = {};  // patience begins
    int asks = 0;
    int rounds = 0;  // asks since then, and the one before it that is still out
    bool lost = false;
  };
  Timestamp due(const Hole& hole) const;
  std::int64_t sure_rounds() const;
  bool may_ask(const Hole& hole, Timestamp now) const;
  void ask(Hole& hole, Timestamp now, std::vector<std::uint16_t>& out);
  Nanos reorder_wait(Timestamp now) const;
  void learn_order(const Hole& hole, Timestamp arrival);
  void learn_rtt(const Hole& hole, Timestamp arrival);
  std::vector<Hole>::iterator find(std::int64_t number);
  std::vector<Hole>::const_iterator find(std::int64_t number) const;

  bool nack_;
  Nanos rtt_ = rtt_guess;
  Nanos jitter_{0};
  std::vector<Hole> missing_;  // rising
  std::optional<Hole> ahead_;  // not known to be missing
  double ahead_left_ = 0;      // misses that may still happen
  std::optional<Timestamp> ahead_filled_;
  Nanos lateness_{0};  // longest of reordered packets
  Timestamp lateness_at_;
  std::optional<Nanos> measured_;
  Stats stats_;
};

}  // namespace bigfoot::rtp
