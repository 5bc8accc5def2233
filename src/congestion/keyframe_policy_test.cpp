#include "congestion/keyframe_policy.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::congestion {
namespace {

/// An encoder that gives an asked-for key frame 40 ms later, and a clock that stops at every wake-up.
class KeyframePolicyTest : public ::testing::Test {
 protected:
  static constexpr Nanos encoder_delay = 40ms;

  void advance(Nanos by) {
    const Timestamp end = now_ + by;
    while (true) {
      const auto step = policy_.step(now_);
      if (step.ask_now) {
        asked_.push_back(now_ - start_);
        if (encoder_works_) keyframe_due_ = now_ + encoder_delay;
        continue;
      }
      Timestamp next = end;
      if (step.wake) next = std::min(next, std::max(*step.wake, now_ + 1ns));
      if (keyframe_due_) next = std::min(next, *keyframe_due_);
      if (next >= end) break;
      now_ = next;
      deliver();
    }
    now_ = end;
    deliver();
  }
  void deliver() {
    if (!keyframe_due_ || *keyframe_due_ > now_) return;
    keyframe_due_.reset();
    last_keyframe_ = now_;
    ++keyframes_;
    policy_.on_keyframe(now_);
  }
  void request(bool leader, Nanos rtt = 20ms) {
    policy_.on_request(now_, leader, rtt);
    advance(0ms);
  }

  const Timestamp start_{std::chrono::hours(2)};
  Timestamp now_ = start_;
  KeyframePolicy policy_;
  std::vector<Nanos> asked_;
  std::optional<Timestamp> keyframe_due_;
  Timestamp last_keyframe_;
  int keyframes_ = 0;
  bool encoder_works_ = true;
};

using Times = std::vector<Nanos>;

TEST_F(KeyframePolicyTest, NothingIsAskedAndNothingWakesWithoutARequest) {
  const auto step = policy_.step(now_);
  EXPECT_FALSE(step.ask_now);
  EXPECT_FALSE(step.wake);
}

TEST_F(KeyframePolicyTest, TheLeaderIsServedAtOnceAndThenEvery150Ms) {
  request(true);
  advance(50ms);
  request(true);  // behind the key frame of 40 ms
  advance(500ms);
  EXPECT_EQ(asked_, (Times{0ms, 150ms}));
}

TEST_F(KeyframePolicyTest, ALongRoundTripStretchesTheLeadersInterval) {
  request(true, 400ms);
  advance(50ms);
  request(true, 400ms);
  advance(1s);
  EXPECT_EQ(asked_, (Times{0ms, 400ms}));
}

TEST_F(KeyframePolicyTest, WhoeverAsksBeforeTheKeyFrameIsOutIsServedByIt) {
  request(false);
  advance(10ms);
  request(false);
  request(true);
  advance(10ms);
  request(false);
  advance(5s);
  EXPECT_EQ(asked_, (Times{0ms}));
  EXPECT_EQ(keyframes_, 1);
}

TEST_F(KeyframePolicyTest, OthersHaveThreeAtOnceThenOneInTwoSeconds) {
  for (int i = 0; i < 100; ++i) {
    request(false);
    advance(50ms);
  }
  EXPECT_EQ(asked_, (Times{0ms, 50ms, 100ms, 2s, 4s}));
}

TEST_F(KeyframePolicyTest, ASpectatorsFloodDoesNotDelayTheLeader) {
  for (int i = 0; i < 20; ++i) {
    request(false);
    advance(50ms);
  }
  const auto before = asked_.size();
  request(true);
  EXPECT_EQ(asked_.size(), before + 1);
}

// 21 of 105 fast joins never got a picture when a request inside the throttle window was dropped.
TEST_F(KeyframePolicyTest, NoRequestIsEverLost) {
  h264::Random random(9);
  for (int i = 0; i < 500; ++i) {
    const bool leader = random.below(3) == 0;
    const Timestamp asked_at = now_;
    request(leader, Millis(random.below(300)));
    if (random.below(4) == 0) {  // watch this one
      const Nanos patience = leader ? 300ms + encoder_delay : 2s + encoder_delay;
      advance(patience);
      EXPECT_GT(last_keyframe_, asked_at);
    } else {
      advance(Millis(random.below(100)));
    }
  }
}

TEST_F(KeyframePolicyTest, AnEncoderThatDidNotAnswerIsAskedAgain) {
  encoder_works_ = false;
  request(false);
  advance(1200ms);
  encoder_works_ = true;
  advance(2s);
  EXPECT_EQ(asked_, (Times{0ms, 500ms, 1000ms, 1500ms}));
  EXPECT_EQ(keyframes_, 1);
}

TEST_F(KeyframePolicyTest, AKeyFrameThatCameByItselfServesTheWaiting) {
  for (int i = 0; i < 3; ++i) {
    request(false);
    advance(50ms);
  }
  request(false);  // no token left: waits
  policy_.on_keyframe(now_);
  advance(10s);
  EXPECT_EQ(asked_.size(), 3u);
}

}  // namespace
}  // namespace bigfoot::congestion
