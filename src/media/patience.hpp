#pragma once
// How long a camera's parts may be silent before something is done about it.

#include <chrono>

#include "base/clock.hpp"

namespace bigfoot::media {

/// A robot's and a viewer's; a test that shares two cores with many others has more.
struct Patience {
  Nanos picture = std::chrono::milliseconds(200);  ///< then the placeholder: drawn and encoded within 300 ms
  Nanos source = std::chrono::seconds(1);          ///< then the source is opened anew
  Nanos encoder = std::chrono::milliseconds(700);  ///< then the encoder: running again within a second
  Nanos decoder = std::chrono::milliseconds(500);  ///< then a viewer's decoder: another gives pictures within a second
  bool operator==(const Patience&) const = default;
};

}  // namespace bigfoot::media
