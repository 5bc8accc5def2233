#pragma once
// What the server tells programs about itself and its robots, as JSON. Pure.

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "server/rooms.hpp"

namespace bigfoot::server {

/// [{"name", "online", "since", "cameras": […], "viewers", "peerId"}], by name; `peerId` only while online.
std::string robots_json(const Rooms& rooms);
/// {"name": "bigfoot-server", "version": …}
std::string version_json(std::string_view version);
/// "2026-11-22T14:02:07Z"
std::string iso_time(WallTime time);

}  // namespace bigfoot::server
