#pragma once
// Which node a `v4l2:` URI means: looked up anew at each opening, since a camera may come back under another name.

#include <string>
#include <vector>

#include "media/v4l2_device.hpp"

namespace bigfoot::media {

/// The camera of that card name, or of one whose name begins so when no other's does; without a name the
/// only camera there is. Several nodes of one device are one camera: its first. Errors list the cameras. Pure.
[[nodiscard]] Result<V4l2Found> pick_v4l2(const std::vector<V4l2Found>& cameras, const std::string& card);

}  // namespace bigfoot::media
