#pragma once
// What a camera may take of the machine: the keys of `resources:` and `buffers:` that concern it. Pure.

#include <string>
#include <string_view>

namespace bigfoot::media {

struct Resources {
  int threads = 0;  ///< of an encoder in software, side by side on one picture; 0: one, more where one is too slow
  int gpu = 0;      ///< which of several, as GStreamer counts them
  int waiting = 1;  ///< pictures that may wait for the encoder; one more than these drops the oldest
  bool operator==(const Resources&) const = default;
};

/// The element that does on this GPU what `element` does on the first. GStreamer 1.22 and later have elements of their
/// own for each further GPU: nvh264enc and nvh264device1enc; vah264enc and varenderD129h264enc, after the render node.
/// Others know one device only and stay as they are.
std::string element_on(std::string_view element, int gpu);

}  // namespace bigfoot::media
