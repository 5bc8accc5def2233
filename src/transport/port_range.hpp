#pragma once
// UDP ports as people write them.

#include <string>

#include "base/result.hpp"
#include "transport/ice_config.hpp"

namespace bigfoot::transport {

/// Reads `50000-50100`. Errors: no range, below 1024, the last before the first.
[[nodiscard]] Result<PortRange> parse_port_range(const std::string& text);
/// What it reads; empty: any.
std::string to_string(PortRange range);

}  // namespace bigfoot::transport
