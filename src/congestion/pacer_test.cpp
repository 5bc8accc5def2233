#include "congestion/pacer.hpp"

#include <map>

#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::congestion {
namespace {

using namespace h264;

FramePtr frame_of(std::size_t bytes, bool key, std::uint64_t number = 0) {
  Packetizer packetizer;
  std::vector<Bytes> nals{nal_of(key ? 0x65 : 0x41, bytes, 1)};
  if (key) nals.insert(nals.begin(), {nal_of(0x67, 20, 1), nal_of(0x68, 5, 2)});
  return *packetizer.packetize(make_unit(annex_b(nals), number));
}

/// A session: sends what the pacer lets go and wakes when it says so.
class PacerTest : public ::testing::Test {
 protected:
  static constexpr std::size_t overhead = 36;
  struct Sent {
    Nanos at;
    std::size_t size;
    Pacer::Item::Kind kind;
    std::size_t track;
    std::uint64_t frame;
    std::size_t index;
  };

  void drain() {
    while (const auto item = pacer_.next(now_)) {
      const bool media = item->kind == Pacer::Item::Kind::media;
      const std::size_t size = media ? (*item->frame)->payloads[item->index].size() + overhead : item->size;
      sent_.push_back({now_ - start_, size, item->kind, item->track,
                       media ? (*item->frame)->unit.number : item->sequence, item->index});
      pacer_.sent(*item, size, now_);
    }
  }
  void advance(Nanos by, Nanos timer_late = 0ns) {
    const Timestamp end = now_ + by;
    drain();
    for (auto wake = pacer_.wake(now_); wake && *wake + timer_late <= end; wake = pacer_.wake(now_)) {
      ASSERT_GT(*wake, now_ - 1ns);
      now_ = std::max(now_, *wake + timer_late);
      drain();
    }
    now_ = end;
  }
  std::size_t bytes_between(Nanos from, Nanos to) const {
    std::size_t bytes = 0;
    for (const Sent& sent : sent_) bytes += sent.at >= from && sent.at < to ? sent.size : 0;
    return bytes;
  }

  const Timestamp start_{std::chrono::hours(2)};
  Timestamp now_ = start_;
  static constexpr Bitrate target{2'000'000};  // paced at 5 Mbit/s: 625 bytes a millisecond
  Pacer pacer_{target};
  std::size_t track_ = pacer_.add_track(0);
  std::vector<Sent> sent_;
};

TEST_F(PacerTest, ASmallFrameLeavesAtOnceAndWhole) {
  EXPECT_TRUE(pacer_.push(track_, frame_of(2000, true), now_).queued);
  drain();
  EXPECT_EQ(sent_.size(), 3u);
  EXPECT_TRUE(pacer_.idle());
  EXPECT_FALSE(pacer_.wake(now_));
}

TEST_F(PacerTest, ALargeFrameLeavesInBurstsOfFiveMilliseconds) {
  pacer_.push(track_, frame_of(31'250, true), now_);  // 50 ms of the pacing rate
  advance(100ms);
  std::map<Nanos, std::size_t> bursts;
  for (const Sent& sent : sent_) bursts[sent.at] += sent.size;
  for (const auto& [at, bytes] : bursts)
    EXPECT_LE(bytes, 3125u + 1136u) << to_millis(at);  // 5 ms and the packet that fills them
  EXPECT_GE(bursts.size(), 8u);
  EXPECT_LE(bursts.size(), 11u);
  EXPECT_NEAR(to_millis(sent_.back().at), 46, 5);
  EXPECT_TRUE(pacer_.idle());
}

TEST_F(PacerTest, NoWindowEverHoldsMoreThanTheRateAndOneBurst) {
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    pacer_.push(track_, frame_of(random.below(20'000) + 1, true), now_);
    advance(Micros(random.below(50'000)));
  }
  for (const Nanos window : {Nanos(10ms), Nanos(100ms)})
    for (const Sent& first : sent_)
      ASSERT_LE(static_cast<double>(bytes_between(first.at, first.at + window)), 625 * to_millis(window) + 3125 + 1136);
}

TEST_F(PacerTest, ATimerThatFiresLateDoesNotLowerTheRate) {
  pacer_.push(track_, frame_of(62'500, true), now_);  // 100 ms
  advance(200ms, 2ms);
  EXPECT_TRUE(pacer_.idle());
  EXPECT_LE(to_millis(sent_.back().at), 104);
}

TEST_F(PacerTest, IdleTimeIsNotSavedUp) {
  pacer_.push(track_, frame_of(100, true), now_);
  advance(10s);
  sent_.clear();
  pacer_.push(track_, frame_of(31'250, true), now_);
  drain();
  EXPECT_LE(bytes_between(0s, 1h), 3125u + 1136u);
}

TEST_F(PacerTest, APacketThatWasNotSentIsGivenAgain) {
  pacer_.push(track_, frame_of(5000, true), now_);
  const auto first = pacer_.next(now_), again = pacer_.next(now_);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->index, again->index);
  EXPECT_EQ(first->frame, again->frame);
}

TEST_F(PacerTest, BlockedEverythingStaysUntilTheSocketIsWritable) {
  pacer_.push(track_, frame_of(5000, true), now_);
  pacer_.set_blocked(true);
  advance(20ms);
  EXPECT_TRUE(sent_.empty());
  EXPECT_FALSE(pacer_.wake(now_));
  pacer_.set_blocked(false);
  EXPECT_EQ(pacer_.wake(now_), now_);
  advance(20ms);
  EXPECT_EQ(sent_.size(), 6u);
}

TEST_F(PacerTest, TheGateOpensWithAKeyFrame) {
  const auto refused = pacer_.push(track_, frame_of(100, false), now_);
  EXPECT_FALSE(refused.queued);
  EXPECT_TRUE(refused.keyframe_wanted);
  EXPECT_TRUE(pacer_.push(track_, frame_of(100, true), now_).queued);
  const auto taken = pacer_.push(track_, frame_of(100, false), now_);
  EXPECT_TRUE(taken.queued);
  EXPECT_FALSE(taken.keyframe_wanted);
  pacer_.close_gate(track_);
  EXPECT_TRUE(pacer_.push(track_, frame_of(100, false), now_).keyframe_wanted);
}

TEST_F(PacerTest, AQueueThatStandsIsCutAtAFrameBoundary) {
  pacer_.push(track_, frame_of(20'000, true, 1), now_);
  advance(1ms);
  pacer_.set_blocked(true);
  const std::size_t begun = sent_.size();
  ASSERT_GT(begun, 0u);
  for (std::uint64_t number = 2; number <= 3; ++number) {  // wait for 66 ms
    EXPECT_TRUE(pacer_.push(track_, frame_of(8000, false, number), now_).queued);
    advance(33ms);
  }
  const auto cut = pacer_.push(track_, frame_of(8000, false, 4), now_);
  EXPECT_FALSE(cut.queued);
  EXPECT_TRUE(cut.keyframe_wanted);
  EXPECT_EQ(cut.dropped, 3u);
  pacer_.set_blocked(false);
  EXPECT_TRUE(pacer_.push(track_, frame_of(8000, false, 5), now_).keyframe_wanted);
  EXPECT_TRUE(pacer_.push(track_, frame_of(8000, true, 6), now_).queued);
  EXPECT_TRUE(pacer_.push(track_, frame_of(8000, false, 7), now_).queued);
  advance(200ms);
  std::vector<std::uint64_t> frames;
  for (const Sent& sent : sent_)
    if (sent.index == 0) frames.push_back(sent.frame);
  EXPECT_EQ(frames, (std::vector<std::uint64_t>{1, 6, 7}));  // frame 1 was finished: the viewer has it whole
  EXPECT_EQ(sent_.size(),
            frame_of(20'000, true)->count() + frame_of(8000, true)->count() + frame_of(8000, false)->count());
}

TEST_F(PacerTest, AKeyFrameThatTakesLongerThanTheQueueLimitIsNotCut) {
  pacer_.push(track_, frame_of(36'000, true, 1), now_);  // 58 ms on its own
  for (std::uint64_t number = 2; number <= 20; ++number) {
    advance(33ms);
    const auto pushed = pacer_.push(track_, frame_of(6000, false, number), now_);
    EXPECT_TRUE(pushed.queued) << number;
  }
}

TEST_F(PacerTest, AnEncoderThatOverrunsTheRateIsCutAndComesBack) {
  int wanted = 0;
  Nanos longest{};
  bool key = true;
  for (std::uint64_t number = 0; number < 300; ++number) {  // 30'000 bytes each 33 ms: 7 Mbit/s into 5
    const auto pushed = pacer_.push(track_, frame_of(30'000, key, number), now_);
    key = pushed.keyframe_wanted;
    wanted += pushed.keyframe_wanted ? 1 : 0;
    advance(33ms);
  }
  for (const Sent& sent : sent_) longest = std::max(longest, sent.at - static_cast<std::int64_t>(sent.frame) * 33ms);
  EXPECT_GT(wanted, 5);
  EXPECT_LT(longest, 150ms);
}

TEST_F(PacerTest, TheImportantTrackGoesFirst) {
  const std::size_t other = pacer_.add_track(1);
  pacer_.push(other, frame_of(20'000, true), now_);
  advance(1ms);
  pacer_.push(track_, frame_of(5000, true), now_);
  sent_.clear();
  advance(100ms);
  bool other_began = false;
  for (const Sent& sent : sent_) {
    other_began = other_began || sent.track == other;
    EXPECT_FALSE(other_began && sent.track == track_);
  }
  EXPECT_TRUE(other_began);
}

TEST_F(PacerTest, RepeatsGoBeforeMediaWithinHalfTheRate) {
  Nanos media_waits{};
  std::vector<Nanos> pushed;
  for (int second = 0; second < 5; ++second)
    for (int i = 0; i < 100; ++i) {
      for (std::uint16_t repeat = 0; repeat < 10; ++repeat) pacer_.push_repeat(track_, repeat, 1136);
      if (i % 3 == 0) {
        pushed.push_back(now_ - start_);
        pacer_.push(track_, frame_of(3000, true, pushed.size() - 1), now_);
      }
      advance(10ms);
    }
  for (const Sent& sent : sent_)
    if (sent.kind == Pacer::Item::Kind::media) media_waits = std::max(media_waits, sent.at - pushed[sent.frame]);
  std::size_t repeated = 0;
  for (const Sent& sent : sent_) repeated += sent.kind == Pacer::Item::Kind::repeat ? sent.size : 0;
  EXPECT_EQ(sent_.front().kind, Pacer::Item::Kind::repeat);
  EXPECT_NEAR(static_cast<double>(repeated) * 8 / 5, 1'000'000, 120'000);
  EXPECT_LT(media_waits, 50ms);
}

TEST_F(PacerTest, OfTooManyRepeatsTheOldestGo) {
  for (std::uint16_t repeat = 0; repeat < 600; ++repeat) pacer_.push_repeat(track_, repeat, 1000);
  EXPECT_EQ(pacer_.next(now_)->sequence, 600 - PacerLimits{}.repeats_max);
}

TEST_F(PacerTest, ARepeatThatCannotBeWrittenIsSteppedOver) {
  pacer_.push_repeat(track_, 1, 1000);
  pacer_.push_repeat(track_, 2, 1000);
  ASSERT_TRUE(pacer_.next(now_));
  pacer_.skip_repeat();
  EXPECT_EQ(pacer_.next(now_)->sequence, 2);
}

TEST_F(PacerTest, ANewPathStartsWithoutOldFrames) {
  pacer_.push(track_, frame_of(20'000, true, 1), now_);
  pacer_.push(track_, frame_of(5000, false, 2), now_);
  pacer_.push_repeat(track_, 1, 1000);
  advance(0ms);
  pacer_.flush();
  EXPECT_TRUE(pacer_.push(track_, frame_of(100, false, 3), now_).keyframe_wanted);
  advance(1s);
  for (const Sent& sent : sent_) EXPECT_NE(sent.frame, 2u);
  EXPECT_TRUE(pacer_.idle());
}

}  // namespace
}  // namespace bigfoot::congestion
