#include "rtp/repair.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::rtp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RepairTest : public ::testing::Test {
 protected:
  std::vector<std::uint16_t> step(Nanos at) {
    std::vector<std::uint16_t> ask;
    repair_.step(start_ + at, ask);
    return ask;
  }
  const Timestamp start_{std::chrono::hours(2)};
  Repair repair_{true};
};

TEST_F(RepairTest, TheRulesFollowThePath) {
  repair_.set_path(40ms, 0ms);
  EXPECT_EQ(repair_.retry(), 45ms);
  EXPECT_EQ(repair_.patience(), 180ms);
  repair_.set_path(40ms, 7ms);
  EXPECT_EQ(repair_.retry(), 54ms);
  repair_.set_path(40ms, 100ms);
  EXPECT_EQ(repair_.retry(), 60ms) << "half a round trip is margin enough";
  repair_.set_path(1ms, 0ms);
  EXPECT_EQ(repair_.retry(), 10ms);
  EXPECT_EQ(repair_.patience(), 100ms);
  repair_.set_path(300ms, 0ms);
  EXPECT_EQ(repair_.patience(), 1s);
  repair_.set_path(1h, 1h);
  EXPECT_EQ(repair_.rtt(), 2s);
  EXPECT_EQ(repair_.patience(), 2 * repair_.retry()) << "always asked twice";
  repair_.set_path(-1s, -1s);
  EXPECT_EQ(repair_.rtt(), 0s);
}

TEST_F(RepairTest, NumbersWrapInWhatIsAskedFor) {
  repair_.set_path(40ms, 0ms);
  for (std::int64_t number = 0xfffe; number < 0x10002; ++number) repair_.miss(number, start_);
  EXPECT_THAT(step(0ms), ElementsAre(0xfffe, 0xffff, 0, 1));
  EXPECT_THAT(step(44ms), IsEmpty());
  repair_.came(0xffff, true, start_ + 44ms);
  EXPECT_THAT(step(45ms), ElementsAre(0xfffe, 0, 1));
  EXPECT_EQ(repair_.stats().asked_again, 3u);
  EXPECT_EQ(repair_.measured_rtt(), 44ms);
}

TEST_F(RepairTest, NoAnswerIsWaitedForLongerThanItCanTake) {
  repair_.set_path(40ms, 0ms);
  repair_.miss(7, start_);
  Nanos at{0};
  int asks = 0;
  while (!repair_.lost()) {
    asks += static_cast<int>(step(at).size());
    EXPECT_EQ(repair_.awaited(7), !repair_.lost());
    if (const auto due = repair_.next_due()) at = *due - start_;
  }
  EXPECT_EQ(asks, 4);
  EXPECT_EQ(at, 180ms);
  EXPECT_FALSE(repair_.next_due());
  repair_.forget_before(8);
  EXPECT_FALSE(repair_.lost());
  EXPECT_EQ(repair_.missing(), 0u);
}

/// How often one hole is asked for and after what time it is given up, when each timer is late by `late`.
std::pair<int, Nanos> rounds_of(Repair& repair, Timestamp start, Nanos late) {
  repair.miss(7, start);
  Timestamp now = start;
  std::vector<std::uint16_t> ask;
  repair.step(now, ask);
  while (!repair.lost()) {
    now = *repair.next_due() + late;
    repair.step(now, ask);
  }
  return {static_cast<int>(ask.size()), now - start};
}

TEST_F(RepairTest, LateTimersTakeNoRoundAway) {
  for (const Nanos late : {0ms, 6ms, 20ms}) {
    for (const auto& [rtt, rounds] : {std::pair{20ms, 4}, {100ms, 4}, {300ms, 3}, {600ms, 2}, {800ms, 2}}) {
      Repair repair(true);
      repair.set_path(rtt, 0ms);
      const auto [asks, time] = rounds_of(repair, start_, late);
      EXPECT_EQ(asks, rounds) << to_millis(rtt) << " ms, timers late by " << to_millis(late);
      EXPECT_LE(time, repair.patience() + rounds * late);
    }
  }
}

TEST_F(RepairTest, WaitingForOrderTakesNoRoundAway) {
  repair_.set_path(600ms, 0ms);
  repair_.miss(1, start_);
  repair_.came(1, false, start_ + 40ms);
  const auto [asks, time] = rounds_of(repair_, start_ + 50ms, 0ms);
  EXPECT_EQ(asks, 2);
  EXPECT_EQ(time, 50ms + repair_.patience()) << "its own wait is 40 ms and a quarter";
}

// A sender's history is over, too.
TEST_F(RepairTest, AfterAStandstillNothingIsAskedForThatIsTooOld) {
  repair_.set_path(40ms, 0ms);
  repair_.miss(7, start_);
  EXPECT_THAT(step(0ms), ElementsAre(7));
  EXPECT_THAT(step(1s), IsEmpty());
  EXPECT_EQ(repair_.lost(), 7);
}

TEST_F(RepairTest, WhatIsAskedForAheadIsAskedForOnceMoreOnlyWhenItExists) {
  repair_.set_path(40ms, 0ms);
  std::vector<std::uint16_t> ask;
  EXPECT_EQ(repair_.ask_ahead(9, false, start_ + 5ms, start_, ask), start_ + 5ms);
  EXPECT_FALSE(repair_.ask_ahead(9, false, start_ + 5ms, start_ + 5ms, ask));
  EXPECT_THAT(ask, ElementsAre(9));
  EXPECT_FALSE(repair_.ask_ahead(9, false, start_ + 5ms, start_ + 100ms, ask));
  EXPECT_THAT(ask, ElementsAre(9));
  // It shows to be missing: asked for 25 ms ago, so not again for 20 ms.
  repair_.miss(9, start_ + 30ms);
  EXPECT_THAT(step(30ms), IsEmpty());
  EXPECT_THAT(step(50ms), ElementsAre(9));
}

// Late timers must not come back with a moment that is past.
TEST_F(RepairTest, AnAskAheadThatIsTooLateIsOver) {
  repair_.set_path(40ms, 0ms);
  std::vector<std::uint16_t> ask;
  EXPECT_EQ(repair_.ask_ahead(9, true, start_, start_, ask), start_ + 45ms);
  EXPECT_FALSE(repair_.ask_ahead(9, true, start_, start_ + 1s, ask));
  EXPECT_THAT(ask, ElementsAre(9));
}

TEST_F(RepairTest, GuessesThatMissRunOut) {
  repair_.set_path(40ms, 0ms);
  std::vector<std::uint16_t> ask;
  Nanos at{0};
  for (std::int64_t number = 100; number < 200; ++number, at += 10ms) {
    repair_.ask_ahead(number, false, start_ + at, start_ + at, ask);
    repair_.came(number, false, start_ + at + 1ms);
  }
  EXPECT_LE(ask.size(), 8u + 4u);
  EXPECT_EQ(repair_.stats().ahead_missed, ask.size());
}

}  // namespace
}  // namespace bigfoot::rtp
