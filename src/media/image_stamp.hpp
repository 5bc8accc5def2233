#pragma once
// The stamp of a decoded picture (media/stamp), wherever the decoder left it.

#include <optional>

#include "media/image.hpp"
#include "media/stamp.hpp"

namespace bigfoot::media {

/// Nothing where there is none, or where the luma is no plane of bytes that can be mapped: a GPU's own tiles. Maps the
/// picture and looks at 13 000 of its pixels. Any thread.
std::optional<Stamp> read_stamp(const Image& image);

}  // namespace bigfoot::media
