#include "rtp/history.hpp"

#include <algorithm>

namespace bigfoot::rtp {

void History::keep_for(Nanos rtt) { keep_ = std::max(limits_.keep, 4 * rtt); }

std::int64_t History::unwrap(std::uint16_t sequence) const {
  const auto newest = static_cast<std::uint16_t>(next_ - 1);
  return next_ - 1 + static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - newest));
}

void History::add(std::uint16_t sequence, const h264::FramePtr& frame, std::size_t index, Timestamp now) {
  if (packets_ == 0) {
    next_ = sequence;
  } else if (sequence != static_cast<std::uint16_t>(next_)) {
    clear();
    next_ = sequence;
  }
  const bool continues =
      !runs_.empty() && runs_.back().frame == frame && runs_.back().first_index + runs_.back().count == index;
  if (continues) {
    ++runs_.back().count;
    runs_.back().sent = now;
  } else {
    forget_old(now);
    runs_.push_back({next_, index, 1, frame, now});
  }
  ++next_;
  ++packets_;
}

const History::Run* History::run_of(std::uint16_t sequence) const {
  if (runs_.empty()) return nullptr;
  const std::int64_t number = unwrap(sequence);
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), number,
                                      [](std::int64_t n, const Run& run) { return n < run.first; });
  if (after == runs_.begin()) return nullptr;
  const Run& run = *(after - 1);
  return number < run.first + static_cast<std::int64_t>(run.count) ? &run : nullptr;
}

std::optional<History::Found> History::find(std::uint16_t sequence) const {
  const Run* run = run_of(sequence);
  if (run == nullptr) return std::nullopt;
  return Found{&run->frame, run->first_index + static_cast<std::size_t>(unwrap(sequence) - run->first)};
}

History::Answer History::ask(std::uint16_t sequence, Nanos interval, Timestamp now) {
  const Run* run = run_of(sequence);
  if (run == nullptr) return Answer::gone;
  const std::int64_t number = unwrap(sequence);
  const auto same =
      std::find_if(resent_.begin(), resent_.end(), [&](const Resent& resent) { return resent.sequence == number; });
  if (same != resent_.end()) {
    if (now - same->at < interval) return Answer::too_soon;
    same->at = now;
    return Answer::resend;
  }
  resent_.push_back({number, now});
  return Answer::resend;
}

void History::forget_old(Timestamp now) {
  while (!runs_.empty() && (now - runs_.front().sent > keep_ || packets_ >= limits_.packets_max)) {
    packets_ -= runs_.front().count;
    runs_.pop_front();
  }
  const std::int64_t oldest = runs_.empty() ? next_ : runs_.front().first;
  if (!resent_.empty()) std::erase_if(resent_, [&](const Resent& resent) { return resent.sequence < oldest; });
}

void History::clear() {
  runs_.clear();
  resent_.clear();
  packets_ = 0;
}

}  // namespace bigfoot::rtp
