#pragma once
// When the encoder is asked for a key frame. One policy per rung (encoder). A request is deferred, never lost: a joiner
// that waits for a key frame that was throttled away gets no picture, ever.

#include <optional>

#include "base/clock.hpp"

namespace bigfoot::congestion {

class KeyframePolicy {
 public:
  struct Limits {
    Nanos leader_interval = 150ms;  ///< or the leader's RTT where that is longer
    int burst = 3;                  ///< key frames that others may cause at once …
    Nanos refill = 2s;              ///< … and then one in this time
    Nanos patience = 500ms;         ///< an asked-for key frame that did not come by then is asked for again
  };
  struct Step {
    bool ask_now = false;           ///< tell the encoder, once
    std::optional<Timestamp> wake;  ///< call step() again then; nothing waits when empty
  };

  KeyframePolicy() : KeyframePolicy(Limits()) {}
  explicit KeyframePolicy(Limits limits) : limits_(limits), tokens_(limits.burst) {}

  /// A viewer needs a key frame: it joined, sent PLI or FIR, or its queue was cut. `leader`: its estimate sets this
  /// rung's rate.
  void on_request(Timestamp now, bool leader, Nanos rtt);
  [[nodiscard]] Step step(Timestamp now);
  /// A key frame left the encoder, asked for or not: everybody who waited has it.
  void on_keyframe(Timestamp now);
  /// The encoder sleeps: what was asked of it does not come, and nobody waits. What it cost is not given back.
  void on_sleep();

 private:
  void nobody_waits();
  void refill(Timestamp now);
  Step ask(Timestamp now);

  Limits limits_;
  bool leader_waits_ = false;
  bool others_wait_ = false;
  Nanos leader_rtt_{0};
  std::optional<Timestamp> asked_;         // and not yet come
  std::optional<Timestamp> leader_asked_;  // last one that the leader caused
  int tokens_;
  Timestamp refilled_;
};

}  // namespace bigfoot::congestion
