#include "media/junction.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::media {
namespace {

/// Two pictures of one time stamp are one picture to a browser.
constexpr Nanos least_interval = 1ms;
/// More than a camera takes to encode and to send: one so far behind counts its pictures instead of asking a clock, and
/// will not catch up.
constexpr Nanos late_at_most = 1s;

}  // namespace

Junction::Junction(std::shared_ptr<CameraControl> control, Receiver receiver)
    : control_(std::move(control)), receiver_(std::move(receiver)) {}

/// Time never goes back: a camera's picture was captured before it came, it may be before the placeholder that it
/// follows. Some that come close together catch up with the time at which they were captured.
void Junction::send(h264::AccessUnit unit) {
  unit.number = next_number_++;
  if (last_captured_ - unit.captured > late_at_most) unit.captured = unit.encoded;
  if (unit.number > 0) unit.captured = std::max(unit.captured, last_captured_ + least_interval);
  last_captured_ = unit.captured;
  receiver_(std::move(unit));
}

void Junction::encoded(h264::AccessUnit unit) {
  const std::lock_guard lock(mutex_);
  if (!encoder_may_) return;  // it was still in work when the source came back
  if (encoder_begins_ && !unit.keyframe) {
    control_->keyframe = true;
    return;
  }
  passes_ = encoder_begins_ = false;
  send(std::move(unit));
}

Junction::Fate Junction::passed(h264::AccessUnit unit) {
  const std::lock_guard lock(mutex_);
  if (!control_->awake) {
    passes_ = encoder_begins_ = true;
    begun_ = encoder_may_ = false;
    return Fate::waits;
  }
  if (unit.keyframe) {
    passes_ = begun_ = encoder_begins_ = true;
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

void Junction::end_passing() {
  const std::lock_guard lock(mutex_);
  if (!passes_) return;
  passes_ = begun_ = false;
  encoder_may_ = true;
  control_->keyframe = true;
}

bool Junction::passes() const {
  const std::lock_guard lock(mutex_);
  return passes_;
}

}  // namespace bigfoot::media
