#pragma once
// For tests: this machine without the hardware that it may have.

#include <string_view>

#include "media/presence.hpp"

namespace bigfoot::media {

struct SoftwareHost : Host {
  bool has_node(const char*) const override { return false; }
  bool has_element(const char* element) const override {
    return !std::string_view(element).starts_with("v4l2") && Host::has_element(element);
  }
};

}  // namespace bigfoot::media
