#include "rtp/history.hpp"

#include <algorithm>

namespace bigfoot::rtp {
namespace {

constexpr Nanos rtt_max = 2s;

}  // namespace

void History::keep_for(Nanos rtt) { keep_ = std::max(limits_.keep, 4 * std::min(rtt, rtt_max)); }

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

std::optional<std::size_t> History::run_of(std::uint16_t sequence) const {
  const std::int64_t number = unwrap(sequence);
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), number,
                                      [](std::int64_t n, const Run& run) { return n < run.first; });
  if (after == runs_.begin()) return std::nullopt;
  const auto run = after - 1;
  if (number >= run->first + static_cast<std::int64_t>(run->count)) return std::nullopt;
  return static_cast<std::size_t>(run - runs_.begin());
}

std::optional<History::Found> History::find(std::uint16_t sequence) const {
  const auto at = run_of(sequence);
  if (!at) return std::nullopt;
  const Run& run = runs_[*at];
  return Found{&run.frame, run.first_index + static_cast<std::size_t>(unwrap(sequence) - run.first)};
}

// A viewer may ask for thousands of numbers in one NACK: each costs one search among the runs, whatever was asked
// before.
History::Answer History::ask(std::uint16_t sequence, Nanos interval, Timestamp now) {
  const auto at = run_of(sequence);
  if (!at) return Answer::gone;
  Run& run = runs_[*at];
  if (run.resent.size() < run.count) run.resent.resize(run.count);
  std::optional<Timestamp>& last = run.resent[static_cast<std::size_t>(unwrap(sequence) - run.first)];
  if (last && now - *last < interval) return Answer::too_soon;
  last = now;
  return Answer::resend;
}

void History::forget_old(Timestamp now) {
  while (!runs_.empty() && (now - runs_.front().sent > keep_ || packets_ >= limits_.packets_max)) {
    packets_ -= runs_.front().count;
    runs_.pop_front();
  }
}

void History::clear() {
  runs_.clear();
  packets_ = 0;
}

}  // namespace bigfoot::rtp
