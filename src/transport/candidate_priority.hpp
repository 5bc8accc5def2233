#pragma once
// The priority that we tell the peer for a candidate of ours.

#include <cstdint>
#include <string>

namespace bigfoot::transport {

/// Of the first generation: `priority`, libnice's own. Of those after an address change: above every one of the
/// generations before, whatever the type, and inside the generation in libnice's order. A browser compares a new pair
/// with the one in use and lets the lower one rest: Chromium sent no check to the robot's new address until the old
/// one had been silent for 2.5 s, where the interface that took over stood lower in libnice's list. (libnice goes on
/// with its own numbers: which pair is nominated is not touched.) Pure.
std::uint32_t told_priority(std::uint32_t priority, const std::string& type, std::uint32_t generation);

}  // namespace bigfoot::transport
