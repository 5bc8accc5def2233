#include "view/camera_ladder.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::view {
namespace {

CameraStep picture(CameraLife life, Timestamp now) {
  CameraStep next{life};
  const Remedy by = std::exchange(next.life.remedy, Remedy::none);
  if (by != Remedy::none && next.life.ever_fresh) next.recovered = Recovery{by, now - next.life.trouble_since};
  next.life.fresh = next.life.ever_fresh = next.life.seen = true;
  next.life.sessions = 0;
  next.life.fed_since.reset();
  return next;
}

CameraStep treat(CameraLife life, Remedy remedy, Timestamp now) {
  life.remedy = remedy;
  life.remedy_at = now;
  if (remedy == Remedy::keyframe) life.keyframe_at = now;
  return {life, remedy};
}

bool keyframe_is_due(const CameraLife& life, Timestamp now) {
  if (!life.seen && now - life.remedy_at < first_keyframe_after) return false;
  return !life.keyframe_at || now - *life.keyframe_at >= keyframes_apart;
}

Nanos patience_of(const CameraLife& life) {
  return std::min<Nanos>(stuck_after * (1 << std::min(life.sessions, 4)), stuck_after_max);
}

}  // namespace

CameraStep step(CameraLife life, const CameraSight& sight, Timestamp now) {
  if (sight.fresh) return picture(life, now);
  if (std::exchange(life.fresh, false)) {
    life.trouble_since = now - sight.age;
    life.remedy_at = now;
  }
  life.fed_since = sight.fed ? life.fed_since.value_or(now) : std::optional<Timestamp>();
  const Nanos waited = now - std::max(life.remedy_at, life.fed_since.value_or(now));
  switch (life.remedy) {
    case Remedy::none:
      if (keyframe_is_due(life, now)) return treat(life, Remedy::keyframe, now);
      break;
    case Remedy::keyframe:
      if (waited >= decoder_after) return treat(life, Remedy::decoder, now);
      break;
    default: {
      const bool stuck = waited >= patience_of(life);
      return {life, Remedy::none, stuck};
    }
  }
  return {life};
}

CameraLife with_another_decoder(CameraLife life, Timestamp now) {
  if (life.remedy != Remedy::keyframe) return life;
  life.remedy = Remedy::decoder;
  life.remedy_at = now;
  return life;
}

CameraLife in_new_session(CameraLife life, Timestamp now) {
  if (life.fresh) life.trouble_since = now;
  if (life.remedy == Remedy::decoder) ++life.sessions;
  life.fresh = life.seen = false;
  life.fed_since.reset();
  life.remedy = Remedy::none;
  life.remedy_at = now;
  return life;
}

}  // namespace bigfoot::view
