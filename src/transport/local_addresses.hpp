#pragma once
// This machine's addresses that ICE may use. libnice's own list knows no interface filter.

#include <string>
#include <vector>

#include "transport/ice_config.hpp"

namespace bigfoot::transport {

struct LocalAddress {
  std::string interface;
  std::string address;  ///< numeric
  bool up = true;
  auto operator<=>(const LocalAddress&) const = default;
};

/// Those that the configuration allows, sorted: interfaces that are up, named by `interfaces` (empty: all) and not by
/// `exclude`; loopback only when `loopback`; never link-local. Pure.
std::vector<LocalAddress> usable_addresses(std::vector<LocalAddress> all, const IceConfig& config);
/// Every address that getifaddrs(3) lists; empty when it fails.
std::vector<LocalAddress> list_addresses();

}  // namespace bigfoot::transport
