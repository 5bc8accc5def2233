#pragma once
// Which names of robots and cameras can stand in an address: /r/ROBOT/CAMERA, /whep/ROBOT/CAMERA. Pure.

#include <string>
#include <vector>

#include "protocol/message.hpp"

namespace bigfoot::server {

/// At most 128 bytes that are one segment of a path.
bool is_addressable(const std::string& name);

/// The name a producer goes by; one without a usable name goes by its peer id.
std::string robot_name(const protocol::Meta& meta, const std::string& peer_id);

/// Those of the cameras that have a usable name.
std::vector<std::string> addressable(std::vector<std::string> cameras);

}  // namespace bigfoot::server
