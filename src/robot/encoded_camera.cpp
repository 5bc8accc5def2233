#include "robot/encoded_camera.hpp"

#include <utility>

namespace bigfoot::robot {
namespace {

class MediaCamera final : public EncodedCamera {
 public:
  MediaCamera(Loop& loop, const media::CameraSettings& settings, media::CameraListener& listener, const Log& log)
      : camera_(loop, settings, listener, log) {}

  void start() override { camera_.start(); }
  void stop() override { camera_.stop(); }
  void end() override { camera_.end(); }
  void wake() override { camera_.wake(); }
  void sleep() override { camera_.sleep(); }
  void request_keyframe() override { camera_.request_keyframe(); }
  void reject_stream(Error why) override { camera_.reject_stream(std::move(why)); }
  void apply(media::CameraSettings settings) override { camera_.apply(std::move(settings)); }
  bool settled() const override { return camera_.settled(); }
  media::CameraState state() const override { return camera_.state(); }
  media::CameraStats stats() const override { return camera_.stats(); }
  std::vector<Nanos> take_encode_times() override { return camera_.take_encode_times(); }
  std::vector<Nanos> take_recoveries() override { return camera_.take_recoveries(); }
  std::vector<Nanos> take_encoder_recoveries() override { return camera_.take_encoder_recoveries(); }

 private:
  media::Camera camera_;
};

}  // namespace

CameraMaker media_camera(Loop& loop, media::CameraSettings settings, Log log) {
  return [&loop, settings = std::move(settings), log = std::move(log)](media::CameraListener& listener) {
    return std::make_unique<MediaCamera>(loop, settings, listener, log);
  };
}

}  // namespace bigfoot::robot
