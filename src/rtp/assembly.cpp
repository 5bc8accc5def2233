#include "rtp/assembly.hpp"

#include <algorithm>
#include <utility>

#include "h264/depacketizer.hpp"

namespace bigfoot::rtp {
namespace {

constexpr std::size_t parameter_sets_max = 64 * 1024;

}  // namespace

void Assembly::skip_to(std::int64_t number) {
  skip(window_.size());
  base_ = number;
  before_.reset();
  dead_.reset();
  parameter_sets_.clear();
  needs_key_ = true;
  key_coming_ = false;
}

void Assembly::begin(std::int64_t number) {
  skip_to(number);
  ticks_ = {};
}

void Assembly::prepend_holes(std::size_t count) {
  window_.insert(window_.begin(), count, WindowPacket());
  base_ -= static_cast<std::int64_t>(count);
  scanned_ = 0;
}

void Assembly::put(std::int64_t number, WindowPacket packet) {
  const auto at = static_cast<std::size_t>(number - base_);
  if (at >= window_.size()) window_.resize(at + 1);
  bytes_ += packet.payload.size();
  packet.here = true;
  window_[at] = std::move(packet);
}

void Assembly::pop() {
  const WindowPacket& packet = window_.front();
  if (!packet.here)
    before_.reset();
  else if (!packet.padding)
    before_ = Boundary{packet.timestamp, packet.marker};
  bytes_ -= packet.payload.size();
  window_.pop_front();
  ++base_;
  scanned_ = 0;
}

void Assembly::count_skipped(std::uint32_t timestamp) {
  if (skipped_ == timestamp) return;
  skipped_ = timestamp;
  ++stats_.skipped;
}

void Assembly::skip(std::size_t count) {
  if (count > 0) parameter_sets_.clear();
  for (; count > 0; --count) {
    if (window_.front().here && !window_.front().padding) count_skipped(window_.front().timestamp);
    pop();
  }
  repair_.forget_before(base_);
}

void Assembly::drop_padding() {
  while (!window_.empty() && window_.front().padding) pop();
}

Assembly::Run Assembly::run_from(std::size_t at) const {
  Run run{.end = at};
  const std::uint32_t timestamp = window_[at].timestamp;
  while (run.end < window_.size() && window_[run.end].here && window_[run.end].timestamp == timestamp) {
    const WindowPacket& packet = window_[run.end];
    if (packet.peek.sps && !run.sps) run.sps = run.end;
    run.idr = run.idr || packet.peek.idr;
    ++run.end;
    if (packet.marker) break;
  }
  return run;
}

// `at` is the first of a run: its neighbour, if it is here, belongs to another picture.
bool Assembly::begins_picture(std::size_t at) const {
  if (at > 0) return window_[at - 1].here;
  return before_ && (before_->ended || before_->timestamp != window_[at].timestamp);
}

/// The first of the holes that reach to `hole` and may be filled.
std::size_t Assembly::awaited_from(std::size_t hole) const {
  const auto awaited = [this](std::size_t at) {
    return !window_[at].here && repair_.awaited(base_ + static_cast<std::int64_t>(at));
  };
  while (hole > 0 && awaited(hole - 1)) --hole;
  return hole;
}

// A key frame that is here, or whose beginning can still come. By its SPS, or by IDR slices from the beginning of their
// picture on (senders whose SPS is in the SDP only).
std::optional<std::size_t> Assembly::key_of(std::size_t at, const Run& run) const {
  if (dead_ == window_[at].timestamp) return std::nullopt;
  if (run.sps) return run.sps;
  if (!run.idr) return std::nullopt;
  if (begins_picture(at)) return at;
  if (at > 0 && repair_.awaited(base_ + static_cast<std::int64_t>(at) - 1)) return awaited_from(at - 1);
  return std::nullopt;
}

template <class Wanted>
std::optional<std::size_t> Assembly::find_key(Wanted wanted) const {
  for (std::size_t at = 0; at < window_.size();) {
    if (!window_[at].here) {
      ++at;
      continue;
    }
    const Run run = run_from(at);
    const auto key = key_of(at, run);
    if (key && wanted(*key)) return key;
    at = run.end;
  }
  return std::nullopt;
}

// A hole inside a picture that is no key frame cannot.
bool Assembly::may_hold_key(std::size_t hole, std::size_t after) const {
  const WindowPacket& behind = window_[after];
  if (dead_ == behind.timestamp) return false;
  if (behind.peek.idr || behind.peek.sps) return true;
  if (hole > 0) return window_[hole - 1].marker || window_[hole - 1].timestamp != behind.timestamp;
  return !before_ || before_->ended || before_->timestamp != behind.timestamp;
}

std::optional<std::size_t> Assembly::find_hole() const {
  for (std::size_t at = 0; at < window_.size();) {
    std::size_t after = at;
    while (after < window_.size() && !window_[after].here) ++after;
    if (after == at || after == window_.size()) {
      ++at;
      continue;
    }
    if (may_hold_key(at, after)) {
      for (; at < after; ++at)
        if (repair_.awaited(base_ + static_cast<std::int64_t>(at))) return at;
    }
    at = after;
  }
  return std::nullopt;
}

bool Assembly::is_whole(std::size_t key) const {
  if (!window_[key].here) return false;  // its beginning is missing
  const auto ended = [this](const Run& run) {
    return window_[run.end - 1].marker || (run.end < window_.size() && window_[run.end].here);
  };
  const Run run = run_from(key);
  if (!ended(run)) return false;
  if (run.idr) return true;
  // Parameter sets with a marker of their own: the slices follow.
  if (run.end >= window_.size() || !window_[run.end].here) return false;
  const Run slices = run_from(run.end);
  return slices.idr && ended(slices);
}

// Nothing is worth waiting for but a key frame: the first one that is whole, whatever is missing in front of it. Until
// then the first one known is waited for, and any hole in front of it that may hold one, while it can be filled.
void Assembly::seek() {
  const auto key = find_key([](std::size_t) { return true; });
  const auto whole = key ? find_key([this](std::size_t at) { return is_whole(at); }) : std::nullopt;
  const auto hole = find_hole();
  std::size_t from = whole ? *whole : key.value_or(window_.size());
  if (!whole && hole && *hole < from) from = *hole;
  skip(from);
  key_coming_ = key.has_value() || !parameter_sets_.empty();
}

void Assembly::give_up(std::int64_t lost) {
  const auto at = static_cast<std::size_t>(lost - base_);
  dead_.reset();
  if (at > 0 && !window_[at - 1].marker) dead_ = window_[at - 1].timestamp;
  if (at + 1 < window_.size()) {
    const WindowPacket& behind = window_[at + 1];
    if (behind.here && !behind.padding && !behind.peek.sps) dead_ = behind.timestamp;
  }
  needs_key_ = true;
  skip(at + 1);
}

std::optional<std::size_t> Assembly::frame_end() {
  for (; scanned_ < window_.size(); ++scanned_) {
    const WindowPacket& packet = window_[scanned_];
    if (!packet.here) return std::nullopt;
    if (packet.padding) continue;
    if (packet.timestamp != window_.front().timestamp) return scanned_ - 1;
    if (packet.marker) return scanned_;
  }
  return std::nullopt;
}

void Assembly::take(std::vector<ReceivedFrame>& out) {
  for (;;) {
    drop_padding();
    if (needs_key_) seek();
    drop_padding();
    const auto end = frame_end();
    if (!end) return;
    take_frame(*end, out);
  }
}

void Assembly::take_frame(std::size_t end, std::vector<ReceivedFrame>& out) {
  while (end > 0 && window_[end].padding) --end;
  Collected collected = collect(end);
  ReceivedFrame& frame = collected.frame;
  if (!collected.whole) {
    ++stats_.malformed;
    count_skipped(frame.timestamp);
    needs_key_ = true;
    return;
  }
  if (!collected.slice) {
    if (frame.bytes.size() <= parameter_sets_max) parameter_sets_ = std::move(frame.bytes);
    return;
  }
  deliver(std::move(frame), out);
}

/// Takes the packets up to `end` out of the window; the parameter sets that came before them stand in front.
Assembly::Collected Assembly::collect(std::size_t end) {
  const WindowPacket& front = window_.front();
  Collected collected;
  ReceivedFrame& frame = collected.frame;
  frame.timestamp = front.timestamp;
  frame.first_arrival = frame.last_arrival = front.arrival;
  h264::Depacketizer depacketizer;
  collected.whole = true;
  for (std::size_t i = 0; i <= end; ++i) {
    const WindowPacket& packet = window_.front();
    if (!packet.padding) {
      // Padding in between takes numbers: count anew.
      const auto number = static_cast<std::uint16_t>(frame.packets++);
      if (!depacketizer.push(number, packet.timestamp, i == end, packet.payload)) collected.whole = false;
      collected.slice = collected.slice || packet.peek.slice;
      frame.repaired += packet.repeat ? 1 : 0;
      frame.first_arrival = std::min(frame.first_arrival, packet.arrival);
      frame.last_arrival = std::max(frame.last_arrival, packet.arrival);
      if (packet.captured) frame.captured = packet.captured;
    }
    pop();
  }
  if (before_) before_->ended = true;

  frame.bytes = std::exchange(parameter_sets_, {});
  auto unit = depacketizer.take();
  if (!unit || unit->damaged) collected.whole = false;
  if (!collected.whole) return collected;
  frame.keyframe = unit->keyframe;
  if (frame.bytes.empty())
    frame.bytes = std::move(unit->bytes);
  else
    frame.bytes.insert(frame.bytes.end(), unit->bytes.begin(), unit->bytes.end());
  return collected;
}

void Assembly::deliver(ReceivedFrame frame, std::vector<ReceivedFrame>& out) {
  if (needs_key_ && !frame.keyframe) {
    count_skipped(frame.timestamp);
    return;
  }
  needs_key_ = false;
  key_coming_ = false;
  dead_.reset();
  frame.ticks = ticks_.unwrap(frame.timestamp);
  ++stats_.frames;
  stats_.keyframes += frame.keyframe ? 1 : 0;
  stats_.repaired += frame.repaired != 0 ? 1 : 0;
  out.push_back(std::move(frame));
}

}  // namespace bigfoot::rtp
