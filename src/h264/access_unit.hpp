#pragma once
// One picture's worth of H.264 as the encoder gave it. It is handed from thread to thread by reference and never
// copied.

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace bigfoot::h264 {

/// All NAL units of one picture in Annex B form (start codes 00 00 01 or 00 00 00 01).
struct AccessUnit {
  std::shared_ptr<const void> owner;  ///< keeps `bytes` alive and still: a mapped GstBuffer, a vector, …
  BytesView bytes;
  Timestamp captured;    ///< when the sensor saw it
  Timestamp encoded;     ///< when the encoder handed it out
  Nanos encode_time{0};  ///< since the encoder took it up; 0 where the source encodes
  bool keyframe = false;
  std::uint64_t number = 0;  ///< counts up by one for each picture of one encoder; a gap is a dropped picture
};

}  // namespace bigfoot::h264
