#include "media/frame_ledger.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace bigfoot::media {
namespace {
constexpr std::size_t untaken_max = 1024;
constexpr Nanos tolerance = 1ms;  // encoders that count in 90 kHz or in frames round the time
}  // namespace

void FrameLedger::restart() {
  const std::lock_guard lock(mutex_);
  counts_.dropped_before_encoder += next_index_ - taken_index_;
  for (const Frame& frame : frames_)
    if (frame.started && frame.index >= done_index_) ++counts_.dropped_in_encoder;
  frames_.fill({});
  taken_index_ = done_index_ = next_index_;
  counts_.owed_since = {};
  recent_count_ = 0;
}

bool FrameLedger::captured(Timestamp now, bool awake) {
  const std::lock_guard lock(mutex_);
  if (counts_.last_captured != Timestamp{})
    intervals_[counts_.captured % intervals_.size()] = now - counts_.last_captured;
  auto sorted = intervals_;
  std::nth_element(sorted.begin(), sorted.begin() + sorted.size() / 2, sorted.end());
  counts_.usual_interval = sorted[sorted.size() / 2];
  ++counts_.captured;
  counts_.last_captured = now;
  if (!awake) ++counts_.asleep;
  return awake;
}

void FrameLedger::offered(Nanos running, Timestamp now) {
  const std::lock_guard lock(mutex_);
  follow(running, now);
}

void FrameLedger::passed_over() {
  const std::lock_guard lock(mutex_);
  ++counts_.dropped_before_encoder;
}

void FrameLedger::stood_in(Nanos running, Timestamp now) {
  const std::lock_guard lock(mutex_);
  ++counts_.stood_in;
  follow(running, now);
}

void FrameLedger::follow(Nanos running, Timestamp now) {
  if (counts_.owed_since == Timestamp{}) counts_.owed_since = now;
  frames_[next_index_ % frames_.size()] = {running, next_index_, std::nullopt};
  ++next_index_;
}

FrameLedger::Frame* FrameLedger::find(Nanos running) {
  const auto away = [running](const Frame& frame) { return std::abs((frame.running - running).count()); };
  const auto best = std::min_element(frames_.begin(), frames_.end(),
                                     [&](const Frame& a, const Frame& b) { return away(a) < away(b); });
  return best->running >= Nanos{0} && away(*best) <= tolerance.count() ? &*best : nullptr;
}

void FrameLedger::started(Nanos running, Timestamp now) {
  const std::lock_guard lock(mutex_);
  Frame* frame = find(running);
  if (!frame) return;
  frame->started = now;
  if (frame->index >= taken_index_) {
    counts_.dropped_before_encoder += frame->index - taken_index_;
    taken_index_ = frame->index + 1;
  }
}

FrameLedger::Encoded FrameLedger::encoded(Nanos running, Timestamp now, std::size_t bytes, bool keyframe) {
  const std::lock_guard lock(mutex_);
  Encoded out{counts_.encoded++, Nanos{0}};
  counts_.owed_since = {};
  counts_.bytes += bytes;
  counts_.keyframes += keyframe;
  Frame* frame = find(running);
  if (!frame || !frame->started) return out;
  out.took = now - *frame->started;
  const std::uint64_t index = frame->index;
  for (const Frame& older : frames_)
    if (older.started && older.index >= done_index_ && older.index < index) ++counts_.dropped_in_encoder;
  done_index_ = std::max(done_index_, index + 1);
  if (untaken_.size() == untaken_max) untaken_.erase(untaken_.begin());
  untaken_.push_back(out.took);
  recent_[recent_count_++ % recent_.size()] = out.took;
  return out;
}

void FrameLedger::came(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  counts_.source_bytes += bytes;
}

void FrameLedger::passed() {
  const std::lock_guard lock(mutex_);
  ++counts_.passed;
}

FrameLedger::Counts FrameLedger::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<Nanos> FrameLedger::take_encode_times() {
  const std::lock_guard lock(mutex_);
  return std::exchange(untaken_, {});
}

FrameLedger::Percentiles FrameLedger::recent() const {
  std::vector<Nanos> times;
  {
    const std::lock_guard lock(mutex_);
    times.assign(recent_.begin(),
                 recent_.begin() + static_cast<std::ptrdiff_t>(std::min(recent_count_, recent_.size())));
  }
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) { return times[std::min(times.size() - 1, times.size() * percent / 100)]; };
  return {at(50), at(95), times.size()};
}

}  // namespace bigfoot::media
