#include "media/junction.hpp"

#include <utility>

namespace bigfoot::media {

Junction::Junction(std::shared_ptr<CameraControl> control, Receiver receiver)
    : control_(std::move(control)), receiver_(std::move(receiver)) {}

void Junction::send(h264::AccessUnit unit) {
  unit.number = next_number_++;
  receiver_(std::move(unit));
}

void Junction::encoded(h264::AccessUnit unit) {
  const std::lock_guard lock(mutex_);
  if (passes_ && !encoder_may_) return;  // it was still in work when the source came back
  if (passes_ && !unit.keyframe) {
    control_->keyframe = true;
    return;
  }
  passes_ = false;
  send(std::move(unit));
}

Junction::Fate Junction::passed(h264::AccessUnit unit) {
  const std::lock_guard lock(mutex_);
  if (!control_->awake) {
    passes_ = true;
    begun_ = encoder_may_ = false;
    return Fate::waits;
  }
  if (unit.keyframe) {
    passes_ = begun_ = true;
    encoder_may_ = false;
  }
  if (!passes_) return Fate::stood_in_for;
  if (!begun_) return Fate::waits;
  send(std::move(unit));
  return Fate::sent;
}

void Junction::let_encoder_in() {
  const std::lock_guard lock(mutex_);
  if (!passes_ || encoder_may_) return;
  encoder_may_ = true;
  control_->keyframe = true;
}

bool Junction::passes() const {
  const std::lock_guard lock(mutex_);
  return passes_;
}

}  // namespace bigfoot::media
