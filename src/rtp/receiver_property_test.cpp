// Streams over random paths: loss, reordering, duplication, wraps, wrong ideas of the round trip. What must hold is
// computed from when each packet arrived, without looking into the receiver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>

#include "rtp/receiver.hpp"
#include "rtp/test_stream.hpp"

namespace bigfoot::rtp {
namespace {

/// A path, its stream, and what the receiver is told. Shares are of 1000.
struct Path {
  explicit Path(std::uint32_t seed) : random(seed) {
    loss = std::array{0u, 5u, 20u, 100u, 300u}[random.below(5)];
    reordered = std::array{0u, 0u, 20u, 200u}[random.below(4)];
    doubled = std::array{0u, 0u, 50u}[random.below(3)];
    padded = random.below(4) == 0 ? 10 : 0;
    one_way = Millis(1 + random.below(150));
    late_most = Millis(1 + random.below(40));
    interval = Millis(25 + random.below(40));
    told_rtt = 2 * one_way * (70 + random.below(60)) / 100;
    told_jitter = Millis(random.below(10));
    packets_most = 1 + random.below(10);
    nack = random.below(8) != 0;
    timers_late = std::array{0ms, 0ms, 6ms, 20ms}[random.below(4)];
  }
  bool chance(std::uint32_t share) { return random.below(1000) < share; }

  h264::Random random;
  std::uint32_t loss, reordered, doubled, padded, packets_most;
  Nanos one_way, late_most, interval, told_rtt, told_jitter, timers_late;
  bool nack;
};

constexpr Nanos never = Nanos::max();

/// A sent packet. Times are since the start.
struct Fate {
  TestPacket packet;
  std::optional<std::size_t> picture;  ///< none: padding
  Nanos arrived = never;               ///< first copy, repeats too
  Nanos noticed = never;               ///< a newer one arrived, and it was not here
  int asks = 0;
};

struct Sent {
  TestPicture picture;
  std::size_t first = 0, end = 0;  ///< of Trial::fates_; from the end of the picture before, so padding in between too
  Nanos delivered = never;
};

class Trial {
 public:
  explicit Trial(std::uint32_t seed)
      : path_(seed),
        stream_(7, static_cast<std::uint16_t>(65'536 - path_.random.below(600)),
                0xffffffff - path_.random.below(90'000)),
        receiver_({.payload_types = {TestPacket::media_type},
                   .rtx_payload_types = {TestPacket::rtx_type},
                   .nack = path_.nack}),
        repair_(path_.nack) {
    repair_.set_path(path_.told_rtt, path_.told_jitter);
  }

  void play(int pictures) {
    for (int i = 0; i < pictures; ++i) {
      send_picture();
      pass(path_.interval);
    }
    pass(5s);
  }

  void judge() const {
    std::optional<std::size_t> before;  // delivered last
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const Sent& sent = sent_[i];
      if (sent.first < first_seen_) {
        // Its beginning was lost with the stream's, and perhaps repaired.
        if (sent.delivered != never) before = i;
        continue;
      }
      const bool follows = before && *before + 1 == i;
      if (sent.delivered == never) {
        EXPECT_FALSE(could_be_whole(sent) && (follows || (sent.picture.key && !overtaken(i))))
            << "picture " << i << " was left out";
        continue;
      }
      EXPECT_TRUE(follows || sent.picture.key) << "picture " << i << " refers to one that is missing";
      if (follows && (could_be_whole(sent) || !sent.picture.key)) {
        EXPECT_EQ(sent.delivered, std::max(sent_[*before].delivered, whole_at(sent.first, sent.end)))
            << "picture " << i;
      } else {
        const Nanos whole = whole_at(sent.end - sent.picture.packets.size(), sent.end);
        EXPECT_LE(sent.delivered, whole + repair_.patience() + repair_.retry() + rounds() * path_.timers_late)
            << "picture " << i;
      }
      before = i;
    }
    // Ahead of its time, and again when it showed to be missing.
    for (const Fate& fate : fates_) EXPECT_LE(fate.asks, 2 * rounds());
    EXPECT_EQ(receiver_.stats().overflows, 0u);
    EXPECT_EQ(receiver_.stats().streams, 1u);
    EXPECT_EQ(receiver_.stats().frames.malformed, 0u);
  }
  const Receiver& receiver() const { return receiver_; }
  std::size_t delivered() const { return delivered_; }

 private:
  struct Event {
    Nanos at;
    std::uint64_t order;
    std::size_t fate;
    bool repeat = false, ask = false, keyframe = false;
    bool operator<(const Event& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };

  std::int64_t rounds() const { return repair_.patience() / repair_.retry() + 1; }
  // All that the rule promises to wait: an ask is made while its answer can come within the patience.
  bool could_be_whole(const Sent& sent) const {
    const Nanos sure = path_.nack ? repair_.patience() - repair_.rtt() : repair_.patience();
    return std::all_of(at(sent.first), at(sent.end), [&](const Fate& fate) {
      return fate.arrived != never && (fate.noticed == never || fate.arrived <= fate.noticed + sure);
    });
  }
  // Who waits for a key frame takes the first that is whole.
  bool overtaken(std::size_t picture) const {
    const Nanos whole = whole_at(sent_[picture].first, sent_[picture].end);
    return std::any_of(sent_.begin() + static_cast<std::ptrdiff_t>(picture), sent_.end(),
                       [whole](const Sent& later) { return later.picture.key && later.delivered < whole; });
  }
  Nanos whole_at(std::size_t first, std::size_t end) const {
    return std::max_element(at(first), at(end), [](const Fate& a, const Fate& b) { return a.arrived < b.arrived; })
        ->arrived;
  }
  std::vector<Fate>::const_iterator at(std::size_t fate) const {
    return fates_.begin() + static_cast<std::ptrdiff_t>(fate);
  }

  void send_picture() {
    const bool key = sent_.empty() || keyframe_wanted_ || path_.chance(10);
    keyframe_wanted_ = false;
    const std::size_t first = fates_.size();
    if (!sent_.empty() && path_.chance(path_.padded)) put({stream_.padding(), std::nullopt});
    TestPicture picture = stream_.picture(key, 1 + path_.random.below(path_.packets_most));
    for (const TestPacket& packet : picture.packets) put({packet, sent_.size()});
    sent_.push_back({std::move(picture), first, fates_.size()});
  }
  void put(Fate fate) {
    number_of_[fate.packet.header.sequence] = fates_.size();
    fates_.push_back(std::move(fate));
    // Neighbours a little apart, so that no two arrive at once unless the path says so.
    travel({.at = {}, .order = {}, .fate = fates_.size() - 1}, Micros(50) * static_cast<int>(fates_.size() % 32));
  }
  void travel(Event event, Nanos after = 0ms) {
    for (int copies = path_.chance(path_.doubled) ? 2 : 1; copies > 0; --copies) {
      if (path_.chance(path_.loss)) continue;
      event.at = now_ + after + path_.one_way;
      if (path_.chance(path_.reordered)) event.at += path_.late_most * path_.random.below(1000) / 1000;
      event.order = ++order_;
      events_.push(event);
    }
  }

  void pass(Nanos time) {
    const Nanos end = now_ + time;
    for (;;) {
      const Nanos timer = receiver_.next_due() ? *receiver_.next_due() - start_ + path_.timers_late : never;
      const Nanos event = events_.empty() ? never : events_.top().at;
      if (std::min(timer, event) > end) break;
      now_ = std::min(timer, event);
      if (event <= timer)
        happen();
      else
        step();
    }
    now_ = end;
  }
  void happen() {
    const Event event = events_.top();
    events_.pop();
    if (event.keyframe) {
      keyframe_wanted_ = true;
    } else if (event.ask) {
      // Padding is not kept by those who send it.
      if (fates_[event.fate].picture) travel({.at = {}, .order = {}, .fate = event.fate, .repeat = true});
    } else {
      arrive(event);
    }
  }
  void arrive(const Event& event) {
    Fate& fate = fates_[event.fate];
    if (newest_seen_ == none) first_seen_ = newest_seen_ = event.fate;
    fate.arrived = std::min(fate.arrived, now_);
    for (; newest_seen_ < event.fate; ++newest_seen_)
      if (fates_[newest_seen_].arrived == never) fates_[newest_seen_].noticed = now_;
    const TestPacket packet = event.repeat ? fate.packet.repeat() : fate.packet;
    packet.parsed([this](const Packet& parsed) { receiver_.on_packet(parsed, start_ + now_); });
    step();
  }

  void step() {
    const ReceiverStep step = receiver_.step(start_ + now_, path_.told_rtt, path_.told_jitter);
    for (const ReceivedFrame& frame : step.frames) check(frame);
    for (const std::uint16_t sequence : step.nack) {
      const auto number = number_of_.find(sequence);
      if (number == number_of_.end()) continue;  // asked for ahead of its time
      Fate& fate = fates_[number->second];
      EXPECT_EQ(fate.arrived, never) << "asked for what is here";
      ++fate.asks;
      travel({.at = {}, .order = {}, .fate = number->second, .ask = true});
    }
    if (step.keyframe) travel({.at = {}, .order = {}, .fate = 0, .keyframe = true});
    if (receiver_.next_due()) {
      EXPECT_GT(*receiver_.next_due(), start_ + now_) << "the loop would spin";
    }
  }
  void check(const ReceivedFrame& frame) {
    ++delivered_;
    const auto found = std::find_if(sent_.begin() + static_cast<std::ptrdiff_t>(next_), sent_.end(),
                                    [&](const Sent& sent) { return sent.picture.bytes == frame.bytes; });
    ASSERT_NE(found, sent_.end()) << "not a picture that was sent, or again, or out of order";
    EXPECT_EQ(frame.timestamp, found->picture.packets[0].header.timestamp);
    EXPECT_EQ(frame.keyframe, found->picture.key);
    EXPECT_EQ(frame.packets, found->picture.packets.size());
    found->delivered = now_;
    next_ = static_cast<std::size_t>(found - sent_.begin()) + 1;
  }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  const Timestamp start_{std::chrono::hours(5)};
  Path path_;
  TestStream stream_;
  Receiver receiver_;
  Repair repair_;  // knows the rules only
  Nanos now_{0};
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  std::vector<Fate> fates_;
  std::map<std::uint16_t, std::size_t> number_of_;
  std::vector<Sent> sent_;
  bool keyframe_wanted_ = false;
  std::size_t first_seen_ = 0, newest_seen_ = none, next_ = 0, delivered_ = 0;
};

TEST(ReceiverProperty, WhatCouldBeWholeIsDeliveredOnceInOrderAndNotLaterThanItsRule) {
  std::uint64_t delivered = 0, repaired = 0, lost = 0, reordered = 0, again = 0, plis = 0;
  for (std::uint32_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial run(seed);
    run.play(300);
    run.judge();
    const Receiver::Stats stats = run.receiver().stats();
    delivered += run.delivered();
    repaired += stats.repair.repaired;
    lost += stats.repair.lost;
    reordered += stats.repair.reordered;
    again += stats.repair.asked_again;
    plis += stats.plis;
  }
  // The paths were worth the name, and most pictures came through.
  EXPECT_GT(delivered, 45'000u);
  EXPECT_GT(repaired, 8'000u);
  EXPECT_GT(lost, 1'000u);
  EXPECT_GT(reordered, 5'000u);
  EXPECT_GT(again, 2'000u);
  EXPECT_GT(plis, 200u);
}

}  // namespace
}  // namespace bigfoot::rtp
