#pragma once
// What the loop asks of a camera's streaming threads; each picture looks.

#include <atomic>
#include <cstdint>

namespace bigfoot::media {

struct CameraControl {
  std::atomic<bool> awake{false};
  std::atomic<bool> keyframe{false};
  std::atomic<std::int64_t> bitrate_bps{0};
};

}  // namespace bigfoot::media
