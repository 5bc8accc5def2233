#pragma once
// The report of `bigfoot devices` as text for people and as JSON for programs (docs/encoders.md). Pure.

#include <string>

#include "media/devices.hpp"

namespace bigfoot::robot {

/// What the camera of the nth line to paste is called, from 0: front, rear, camera3 and so on, so that several lines
/// can be pasted together.
std::string pasted_name(std::size_t n);
/// At most 96 columns wide, but for a camera's line to paste.
std::string devices_text(const media::DevicesReport& report, const media::DevicesWanted& wanted);
/// One object and a line end.
std::string devices_json(const media::DevicesReport& report, const media::DevicesWanted& wanted);

}  // namespace bigfoot::robot
