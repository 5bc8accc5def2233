#include "congestion/pacer.hpp"

#include <algorithm>

namespace bigfoot::congestion {

Pacer::Pacer(Bitrate target, Limits limits) : limits_(limits), budget_(target) { set_target(target, limits.burst); }

void Pacer::set_target(Bitrate target, Nanos burst) {
  limits_.burst = burst;
  pacing_ = Bitrate{std::max<std::int64_t>(target.bps, 1000)} * limits_.factor;
  budget_ = rtp::RtxBudget(target);
}

std::size_t Pacer::add_track(int priority) {
  tracks_.emplace_back();
  tracks_.back().priority = priority;
  return tracks_.size() - 1;
}

std::size_t Pacer::cut(Track& track) {
  const std::size_t kept = !track.frames.empty() && track.frames.front().next > 0 ? 1 : 0;
  const std::size_t dropped = track.frames.size() - kept;
  track.frames.resize(kept);
  track.open = false;
  return dropped;
}

Pacer::Pushed Pacer::push(std::size_t index, const h264::FramePtr& frame, Timestamp now) {
  Track& track = tracks_[index];
  Pushed result;
  const auto waits =
      std::find_if(track.frames.begin(), track.frames.end(), [](const Queued& queued) { return queued.next == 0; });
  const bool late = waits != track.frames.end() && now - waits->pushed > limits_.queue;
  if (late || track.frames.size() >= limits_.frames_max) {
    result.dropped = cut(track);
  }
  if (frame->keyframe) track.open = true;
  if (!track.open) {
    ++result.dropped;
    result.keyframe_wanted = true;
    return result;
  }
  track.frames.push_back({frame, 0, now});
  result.queued = true;
  return result;
}

void Pacer::push_repeat(std::size_t track, std::uint16_t sequence, std::size_t size) {
  if (repeats_.size() == limits_.repeats_max) repeats_.pop_front();
  repeats_.push_back({track, sequence, size});
}

// Time is the currency: a packet costs its size at the pacing rate, `paid_until_` is where the account stands. A burst
// begins when everything before it is paid for, and may spend up to Limits::burst in advance.
bool Pacer::may_send(Timestamp now) {
  if (now < paid_until_) return paid_until_ < burst_end_;
  // While packets waited, a timer that fired late does not lower the rate: at most one burst is made up.
  paid_until_ = waited_ ? std::max(paid_until_, now - limits_.burst) : now;
  burst_end_ = paid_until_ + limits_.burst;
  return true;
}

Pacer::Track* Pacer::first_track() {
  Track* best = nullptr;
  for (Track& track : tracks_)
    if (!track.frames.empty() && (best == nullptr || track.priority < best->priority)) best = &track;
  return best;
}

std::optional<Pacer::Item> Pacer::next(Timestamp now) {
  if (blocked_) return std::nullopt;
  Track* track = first_track();
  const bool repeat = !repeats_.empty() && budget_.allows(now);
  if (!repeat && track == nullptr) return std::nullopt;
  if (!may_send(now)) {
    waited_ = true;
    return std::nullopt;
  }
  if (repeat) {
    const Waiting& waiting = repeats_.front();
    return Item{.kind = Item::Kind::repeat, .track = waiting.track, .sequence = waiting.sequence, .size = waiting.size};
  }
  const Queued& queued = track->frames.front();
  return Item{.kind = Item::Kind::media,
              .track = static_cast<std::size_t>(track - tracks_.data()),
              .frame = &queued.frame,
              .index = queued.next};
}

void Pacer::sent(const Item& item, std::size_t size, Timestamp now) {
  paid_until_ =
      std::max(paid_until_, now - limits_.burst) + Nanos(static_cast<std::int64_t>(size) * 8'000'000'000 / pacing_.bps);
  if (item.kind == Item::Kind::repeat) {
    budget_.spend(size);
    repeats_.pop_front();
  } else {
    auto& frames = tracks_[item.track].frames;
    if (++frames.front().next == frames.front().frame->count()) frames.pop_front();
  }
  if (idle()) waited_ = false;
}

void Pacer::skip_repeat() { repeats_.pop_front(); }

void Pacer::set_blocked(bool blocked) {
  blocked_ = blocked;
  if (blocked) waited_ = false;  // the socket's delay is not the timer's: nothing is made up
}

std::optional<Timestamp> Pacer::wake(Timestamp now) {
  if (blocked_) return std::nullopt;
  const bool media = first_track() != nullptr;
  if (!media && repeats_.empty()) return std::nullopt;
  Timestamp due = now < paid_until_ && paid_until_ >= burst_end_ ? paid_until_ : now;
  if (!media) due = std::max(due, budget_.ready_at(now));
  return due;
}

void Pacer::close_gate(std::size_t track) { tracks_[track].open = false; }

void Pacer::flush() {
  for (Track& track : tracks_) cut(track);
  repeats_.clear();
}

bool Pacer::idle() const {
  return repeats_.empty() &&
         std::all_of(tracks_.begin(), tracks_.end(), [](const Track& track) { return track.frames.empty(); });
}

}  // namespace bigfoot::congestion
