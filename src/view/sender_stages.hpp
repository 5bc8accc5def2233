#pragma once
// Where a sender says its pictures spend their time before they leave: asked for once a second.

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "latency/stage_message.hpp"

namespace bigfoot::view {

/// Of one session. Pure.
class SenderStages {
 public:
  static constexpr Nanos interval = 1s;
  /// What was told last says nothing any more.
  static constexpr Nanos stale_after = 5s;

  /// To be sent now; nothing before `interval` has passed.
  [[nodiscard]] std::optional<Bytes> ask(Timestamp now) {
    if (asked_ && now < *asked_ + interval) return std::nullopt;
    asked_ = now;
    return latency::write_stages_question({++id_});
  }
  /// Anything but the answer to the latest question is left alone.
  void on_message(BytesView message, Timestamp now) {
    auto answer = latency::read_stages_answer(message);
    if (!answer || !asked_ || answer->id != id_) return;
    told_ = std::move(*answer);
    told_at_ = now;
  }
  /// Of the camera of this m-line.
  std::optional<latency::SenderStages> of(std::size_t m_line, Timestamp now) const {
    if (now > told_at_ + stale_after) return std::nullopt;
    for (const latency::SenderStages& camera : told_.cameras)
      if (camera.m_line == m_line) return camera;
    return std::nullopt;
  }

 private:
  std::uint32_t id_ = 0;
  std::optional<Timestamp> asked_;
  latency::StagesAnswer told_;
  Timestamp told_at_{};
};

}  // namespace bigfoot::view
