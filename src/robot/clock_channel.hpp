#pragma once
// The robot's end of the data channel `clock` (docs/clock.md).

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "latency/clock_answers.hpp"
#include "latency/stage_message.hpp"
#include "robot/peer.hpp"

namespace bigfoot::robot {

/// Of one session. It is the only channel that a robot wants. Loop thread.
class ClockChannel final : public ChannelUser {
 public:
  /// What a viewer that asks where the time goes is told; one that asks more often gets no answer.
  using Stages = std::function<std::vector<latency::SenderStages>()>;
  static constexpr Nanos stages_every = 200ms;

  /// `wall`: the session's, by which its pictures are dated. `loop` must outlive it.
  ClockChannel(Loop& loop, rtp::WallOffset wall, Stages stages)
      : loop_(loop), answers_(wall), stages_(std::move(stages)) {}

  bool wants_channel(const std::string& label) override;
  std::optional<Bytes> on_channel_message(const std::string& label, BytesView message) override;

 private:
  std::optional<Bytes> tell_stages(const latency::StagesQuestion& question, Timestamp now);

  Loop& loop_;
  latency::ClockAnswers answers_;
  Stages stages_;
  std::optional<Timestamp> stages_told_;
};

}  // namespace bigfoot::robot
