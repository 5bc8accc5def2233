#pragma once
// A driver that hangs for good: only another process gets past it, so the program ends and is started again.

#include <memory>
#include <vector>

#include "robot/rung.hpp"

namespace bigfoot::robot {

/// Exit code of `bigfoot robot`. Not 2, which says that a person must write something otherwise first.
inline constexpr int exit_hung = 3;
/// What hangs for longer, past its deadline of 2 to 15 s, does not come back.
inline constexpr Nanos hung_at_most = 20s;

/// The camera for whose sake to end; nullptr: none, or somebody sees by another camera, who may be driving.
const Rung* hung_camera(const std::vector<std::unique_ptr<Rung>>& rungs);

}  // namespace bigfoot::robot
