#pragma once
// The robot's end of the data channel `clock` (docs/clock.md).

#include <optional>
#include <string>

#include "base/loop.hpp"
#include "latency/clock_answers.hpp"
#include "robot/peer.hpp"

namespace bigfoot::robot {

/// Of one session. It is the only channel that a robot wants. Loop thread.
class ClockChannel final : public ChannelUser {
 public:
  /// `wall`: the session's, by which its pictures are dated. `loop` must outlive it.
  ClockChannel(Loop& loop, rtp::WallOffset wall) : loop_(loop), answers_(wall) {}

  bool wants_channel(const std::string& label) override;
  std::optional<Bytes> on_channel_message(const std::string& label, BytesView message) override;

 private:
  Loop& loop_;
  latency::ClockAnswers answers_;
};

}  // namespace bigfoot::robot
