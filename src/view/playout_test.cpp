#include "view/playout.hpp"

#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

const Timestamp start{1h};
constexpr std::int64_t frame = 3000;  // ticks at 30 fps
constexpr Nanos interval = 33'333'333ns;

TEST(Playout, AFrameIsShownAtOnce) {
  Playout playout(Nanos{0});
  const auto decision = playout.next(0, start, 0);
  EXPECT_TRUE(decision.show);
  EXPECT_EQ(decision.at, start);
}

TEST(Playout, OfManyThatComeAtOnceOnlyTheLastTwoAreShownAndNoneWaits) {
  Playout playout(Nanos{0});
  for (int i = 0; i < 5; ++i) {
    const auto decision = playout.next(i * frame, start, static_cast<std::size_t>(4 - i));
    EXPECT_EQ(decision.show, i >= 3) << i;
    EXPECT_EQ(decision.at, start);
  }
}

TEST(Playout, SmoothTurnsUnevenArrivalsIntoEvenMotion) {
  Playout playout(50ms);
  Timestamp last{};
  for (int i = 0; i < 100; ++i) {
    const Nanos jitter = i % 3 == 0 ? 0ms : i % 3 == 1 ? 40ms : 15ms;
    const auto decision = playout.next(i * frame, start + i * interval + jitter, 0);
    EXPECT_TRUE(decision.show);
    if (i > 3) {
      EXPECT_NEAR(to_millis(decision.at - last), to_millis(interval), 0.01) << i;
    }
    last = decision.at;
  }
}

TEST(Playout, SmoothShowsALateFrameAtOnceAndSkipsItWhenANewerOneIsHere) {
  Playout playout(50ms);
  EXPECT_EQ(playout.next(0, start, 0).at, start + 50ms);
  const auto late = playout.next(frame, start + interval + 80ms, 0);
  EXPECT_TRUE(late.show);
  EXPECT_EQ(late.at, start + interval + 80ms);
  EXPECT_FALSE(playout.next(2 * frame, start + 2 * interval + 90ms, 1).show);
  const auto newest = playout.next(3 * frame, start + 3 * interval + 10ms, 0);
  EXPECT_TRUE(newest.show);
}

TEST(Playout, FramesInTheirTimeAreAllShownThoughNewerOnesAreHere) {
  Playout playout(100ms);
  playout.next(0, start, 0);
  EXPECT_TRUE(playout.next(frame, start + interval + 40ms, 1).show);
  EXPECT_TRUE(playout.next(2 * frame, start + interval + 40ms, 0).show);
}

TEST(Playout, NoFrameOvertakesTheOneBefore) {
  Playout playout(100ms);
  Timestamp last{};
  for (int i = 0; i < 50; ++i) {
    const Nanos jitter = i == 0 ? 90ms : 0ms;  // the first one is slow: all that follow are faster than was known
    const auto decision = playout.next(i * frame, start + i * interval + jitter, 0);
    EXPECT_GE(decision.at, last) << i;
    last = decision.at;
  }
  EXPECT_LE(last - (start + 49 * interval), Nanos(100ms)) << "what was learned of the slow one is forgotten";
}

TEST(Playout, AClockThatDriftsOrLeapsNeverHoldsAFrameLongerThanSmooth) {
  Playout playout(60ms);
  Timestamp now = start;
  std::int64_t ticks = 0;
  for (int i = 0; i < 2000; ++i) {
    now += interval;
    ticks += i % 500 == 499 ? 90'000 * 5 : frame - 1;  // 0.03 % slow; five seconds of ticks at once now and then
    if (i % 700 == 699) now += 10s;
    const auto decision = playout.next(ticks, now, 0);
    EXPECT_LE(decision.at - now, Nanos(60ms)) << i;
    EXPECT_TRUE(decision.show);
  }
}

TEST(Playout, AnotherStreamBeginsWithoutWhatWasKnownOfTheOneBefore) {
  Playout playout(50ms);
  playout.next(0, start, 0);
  playout.reset();
  EXPECT_EQ(playout.next(900'000'000, start + 1s, 0).at, start + 1s + 50ms);
}

}  // namespace
}  // namespace bigfoot::view
