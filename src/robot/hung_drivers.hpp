#pragma once
// A driver that hangs for good: only another process gets past it, so the program ends and is started again.

#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "robot/rung.hpp"

namespace bigfoot::robot {

/// Exit code of `bigfoot robot`. Not 2, which says that a person must write something otherwise first.
inline constexpr int exit_hung = 3;
/// What hangs for longer, past its deadline of 2 to 15 s, does not come back.
inline constexpr Nanos hung_at_most = 20s;

/// What hangs from the start hangs in the next process, too, as a rule: each costs the viewers their sessions.
inline constexpr Nanos ends_apart = std::chrono::minutes(10);

/// Who watches may lose its session and come back at once: another page, another size.
inline constexpr Nanos back_within = std::chrono::seconds(10);

class HungDrivers {
 public:
  explicit HungDrivers(Timestamp started) : started_(started), seen_at_(started) {}
  /// The camera for whose sake to end: one that gave a picture in this process, or that still hangs when the process is
  /// `ends_apart` old. nullptr: none; or somebody watches a camera that does not hang, or did within `back_within`, who
  /// may be driving. To be asked every second.
  const Rung* look(const std::vector<std::unique_ptr<Rung>>& rungs, Timestamp now);

 private:
  const Timestamp started_;
  Timestamp seen_at_;
};

}  // namespace bigfoot::robot
