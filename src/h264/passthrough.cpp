#include "h264/passthrough.hpp"

#include <algorithm>
#include <utility>

#include "base/duration.hpp"
#include "h264/bit_reader.hpp"
#include "h264/nal.hpp"

namespace bigfoot::h264 {
namespace {

constexpr std::size_t slice_head_max = 16;  // first_mb_in_slice and slice_type are at most nine bytes
/// No picture for so long is silence, which says nothing of how often key frames come.
constexpr Nanos gap_max = 250ms;
/// 60 pictures at 29.97 fps take 2.002 s, and cameras' clocks are not exact.
constexpr Nanos with_slack(Nanos span) { return span + span / 10; }

constexpr std::uint32_t b_slice = 1, switching_p = 3;  // slice_type modulo 5 (table 7-6)

}  // namespace

PassThrough::Verdict PassThrough::step(BytesView unit, Timestamp at) {
  keyframe_ = false;
  if (why_) return Verdict::refused;
  look(unit);
  if (!why_) judge_distance(at);
  keyframe_ = keyframe_ && !why_;
  if (why_) return Verdict::refused;
  passing_ = passing_ || (keyframe_ && (proven_ || !rules_.prove_first));
  return passing_ ? Verdict::passes : Verdict::waits;
}

void PassThrough::look(BytesView unit) {
  idr_ = false;
  sps_of_unit_.reset();
  NalReader reader(unit);
  for (BytesView nal = reader.next(); !nal.empty() && !why_; nal = reader.next()) {
    const NalType type = nal_type(nal[0]);
    if (type == NalType::sps) look_at_sps(nal);
    if (is_slice(type)) look_at_slice(nal);
    idr_ = idr_ || type == NalType::idr;
  }
  keyframe_ = idr_ && sps_of_unit_;
  if (keyframe_) sps_ = sps_of_unit_;
}

void PassThrough::look_at_sps(BytesView nal) {
  const auto sps = parse_sps(nal);
  if (!sps) return refuse(sps.error().what, "its stream is broken: let it give raw pictures or MJPEG");
  if (!check_fits(sps->profile, rules_.promised)) return refuse_profile(sps->profile);
  if (sps->interlaced) return refuse("it is interlaced", "set the camera to progressive pictures");
  if (sps->may_reorder()) return refuse("its pictures may be out of order", "switch B-frames off in the camera");
  if (sps->size != rules_.size)
    return refuse("its pictures are " + sps->size.text() + " and " + rules_.size.text() + " is wanted",
                  "set size=" + sps->size.text() + ", or the camera to " + rules_.size.text());
  sps_of_unit_ = *sps;
}

void PassThrough::refuse_profile(const ProfileLevelId& stream) {
  const std::string promised = to_string(rules_.promised.profile());
  const std::string level = rules_.promised.level_text();
  refuse("its stream is H.264 " + std::string(to_string(stream.profile())) + " level " + stream.level_text() + " (" +
             stream.text() + "), viewers are promised " + promised + " up to " + level,
         decodes(rules_.promised.profile(), stream.profile()) ? "set the camera to level " + level + " or lower"
                                                              : "set the camera to the " + promised + " profile");
}

void PassThrough::look_at_slice(BytesView nal) {
  const Bytes head = unescape(nal.subspan(1), slice_head_max);
  BitReader bits(head);
  bits.ue();  // first_mb_in_slice
  const std::uint32_t type = bits.ue() % 5;
  if (!bits.ok()) return;  // the packetiser and the decoder will say
  if (type == b_slice) refuse("it has B-frames", "switch B-frames off in the camera");
  if (type >= switching_p) refuse("it has switching slices", "set the camera to the baseline profile");
}

/// A stream that has kept the distance once may miss it once: packets are lost on the way from a network camera.
void PassThrough::judge_distance(Timestamp at) {
  const Nanos limit = with_slack(rules_.keyframes_within);
  if (last_) distance_ += std::clamp(at - *last_, Nanos{0}, gap_max);
  last_ = at;
  if (distance_ > limit) {
    if (missed_ || !proven_)
      return refuse("its key frames are more than " + seconds_text(rules_.keyframes_within) + " apart",
                    "set the camera's key-frame interval (GOP) to " + seconds_text(rules_.keyframes_within / 2));
    missed_ = late_ = true;
    distance_ = Nanos{0};
  }
  if (!keyframe_) return;
  if (begun_ && !late_) {
    proven_ = true;
    missed_ = false;
  }
  begun_ = true;
  late_ = false;
  distance_ = Nanos{0};
}

void PassThrough::refuse(std::string what, std::string fix) {
  if (!why_) why_ = Error{std::move(what), std::move(fix), Next::give_up};
}

}  // namespace bigfoot::h264
