#pragma once
// Where pictures spend their time before they leave their sender: asked for and told over the data channel `clock`
// (docs/clock.md). What comes after it a viewer measures by itself. Pure.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace bigfoot::latency {

/// Of the latest pictures: half of them took at most p50, 19 of 20 at most p95.
struct StageTime {
  Nanos p50{0};
  Nanos p95{0};
  bool operator==(const StageTime&) const = default;
};

/// Of one camera, for the viewer that asks. Each stage ends where the next begins.
struct SenderStages {
  std::uint8_t m_line = 0;  ///< the camera's place in the SDP
  StageTime capture;        ///< captured → the encoder takes it up
  StageTime encode;         ///< → encoded; 0 where the source encodes
  StageTime send;           ///< cut into packets and paced → the kernel has the first packet
  bool operator==(const SenderStages&) const = default;
};

struct StagesQuestion {
  std::uint32_t id = 0;
  bool operator==(const StagesQuestion&) const = default;
};

struct StagesAnswer {
  std::uint32_t id = 0;               ///< of the question
  std::vector<SenderStages> cameras;  ///< those that pictures left of; at most stages_cameras_max
  bool operator==(const StagesAnswer&) const = default;
};
inline constexpr std::size_t stages_cameras_max = 16;

Bytes write_stages_question(const StagesQuestion& question);
/// Times are cut to microseconds and held within 0 to 4294 s; cameras behind stages_cameras_max are left out.
Bytes write_stages_answer(const StagesAnswer& answer);
/// Nothing for what is another message, or too short. What stands behind the known fields is of a later version.
[[nodiscard]] std::optional<StagesQuestion> read_stages_question(BytesView bytes);
/// Likewise, and nothing where a p50 is longer than its p95, or where there are too many cameras.
[[nodiscard]] std::optional<StagesAnswer> read_stages_answer(BytesView bytes);

}  // namespace bigfoot::latency
