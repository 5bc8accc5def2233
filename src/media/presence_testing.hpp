#pragma once
// For tests: this machine without the hardware that it may have.

#include "media/presence.hpp"

namespace bigfoot::media {

struct SoftwareHost : Host {
  bool has_node(const char*) const override { return false; }
};

}  // namespace bigfoot::media
