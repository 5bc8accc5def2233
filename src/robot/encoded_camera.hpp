#pragma once
// A camera with its encoder as a rung sees it: pictures come out encoded. In the program it is media::Camera; a unit
// test brings one without GStreamer.

#include <functional>
#include <memory>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "media/camera.hpp"

namespace bigfoot::robot {

/// Every member means what it means in media::Camera.
class EncodedCamera {
 public:
  virtual ~EncodedCamera() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
  virtual void end() = 0;
  virtual void wake() = 0;
  virtual void sleep() = 0;
  virtual void request_keyframe() = 0;
  virtual void reject_stream(Error why) = 0;
  virtual void apply(media::CameraSettings settings) = 0;
  virtual bool settled() const = 0;
  virtual media::CameraState state() const = 0;
  virtual media::CameraStats stats() const = 0;
  virtual std::vector<Nanos> take_encode_times() = 0;
  virtual std::vector<Nanos> take_recoveries() = 0;
  virtual std::vector<Nanos> take_encoder_recoveries() = 0;
};

/// Makes the one camera of a rung; `listener` outlives it.
using CameraMaker = std::function<std::unique_ptr<EncodedCamera>(media::CameraListener& listener)>;

/// A real one.
CameraMaker media_camera(Loop& loop, media::CameraSettings settings, Log log);

}  // namespace bigfoot::robot
