#include "media/rate_judge.hpp"

#include <algorithm>

namespace bigfoot::media {
namespace {

constexpr Nanos settles_within = 1s;  // a camera finds its exposure
constexpr Nanos window = 3s;
constexpr double kept = 0.8;
/// A UVC camera stamps a picture as its transfer begins, so it comes up to one interval old. What queued in the driver
/// is two and more: v4l2src has four buffers or so.
constexpr double intervals_old = 1.5;
constexpr Nanos at_hand = 20ms;  // converting or decoding it

}  // namespace

void RateJudge::begin(Timestamp at, const Taken& taken) {
  since_ = at;
  before_ = taken;
}

std::optional<double> RateJudge::look(Timestamp now, const Taken& taken, Timestamp attentive_since) {
  if (taken.pictures == 0) return std::nullopt;
  if (!since_) begin(now + settles_within, taken);
  if (now < *since_ || attentive_since > *since_) {  // settling, or it stood still: what came until now says nothing
    begin(std::max(now, *since_), taken);
    return std::nullopt;
  }
  if (now - *since_ < window) return std::nullopt;
  const double seconds = to_seconds(now - *since_);
  const auto pictures = static_cast<double>(taken.pictures - before_.pictures);
  const double age = pictures > 0 ? to_seconds(taken.age - before_.age) / pictures : 0;
  begin(now, taken);
  if (pictures == 0) return std::nullopt;  // silence is a fault of its own
  const double fps = pictures / seconds;
  const bool late = age > intervals_old / fps + to_seconds(at_hand);
  if (late || fps >= promised_.fps() * kept) {
    slow_.reset();
    return std::nullopt;
  }
  if (!slow_) {
    slow_ = fps;
    return std::nullopt;
  }
  const double both = (*slow_ + fps) / 2;
  slow_.reset();
  return both;
}

}  // namespace bigfoot::media
