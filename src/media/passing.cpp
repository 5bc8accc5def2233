#include "media/passing.hpp"

#include <utility>

#include "media/gst/video.hpp"

namespace bigfoot::media {

Passing::Passing(h264::PassRules rules, Links links) : links_(std::move(links)), judge_(rules) {}

void Passing::take(GstBuffer* buffer, Timestamp captured) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  const Timestamp now = clock_.now();
  last_came_ = now;
  const gst::MappedBuffer mapped(buffer);
  if (judge_.step(mapped.bytes(), captured) != h264::PassThrough::Verdict::passes) return;
  passes_ = true;
  links_.ledger->came(mapped.bytes().size());
  // Copied: sent pictures are kept for a second, and a V4L2 camera has only a few buffers.
  const auto bytes = std::make_shared<const Bytes>(mapped.bytes().begin(), mapped.bytes().end());
  h264::AccessUnit unit;
  unit.owner = bytes;
  unit.bytes = *bytes;
  unit.captured = captured;
  unit.encoded = now;
  unit.keyframe = judge_.keyframe();
  const Junction::Fate fate = links_.junction->passed(std::move(unit));
  if (fate == Junction::Fate::stood_in_for) return;  // a camera is back with the picture that can be shown
  links_.ledger->captured(now, links_.feed->awake());
  if (fate == Junction::Fate::sent) links_.ledger->passed();
}

void Passing::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

std::optional<Error> Passing::why() const {
  const std::lock_guard lock(mutex_);
  return judge_.why();
}

std::string Passing::profile_level_id() const {
  const std::lock_guard lock(mutex_);
  return passes_ ? judge_.sps()->profile.text() : std::string();
}

}  // namespace bigfoot::media
