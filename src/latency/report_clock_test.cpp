#include "latency/report_clock.hpp"

#include <gtest/gtest.h>

namespace bigfoot::latency {
namespace {

const Timestamp start{std::chrono::hours(1)};

PeerTime sender(Nanos since) { return PeerTime(Seconds(1'800'000'000) + since); }
constexpr Nanos truth = Seconds(1'800'000'000) - std::chrono::hours(1);

TEST(ReportClock, NothingIsKnownBeforeTheFirstReport) { EXPECT_FALSE(ReportClock().estimate()); }

TEST(ReportClock, QueueingMakesReportsLateNeverEarly) {
  ReportClock clock;
  // 20 ms each way; some reports queue.
  for (const auto& [second, queue] : {std::pair(1s, 30ms), {2s, 0ms}, {3s, 4ms}, {4s, 90ms}})
    clock.add(sender(second), start + second + 20ms + queue, 40ms + queue);
  const auto estimate = clock.estimate();
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->offset, truth);
  EXPECT_EQ(estimate->error, 20ms);
  EXPECT_TRUE(estimate->estimated);
}

TEST(ReportClock, TheSameReportAgainIsNoNews) {
  ReportClock clock;
  clock.add(sender(1s), start + 1s + 20ms, 40ms);
  clock.add(sender(1s), start, 0ms);
  EXPECT_EQ(clock.estimate()->offset, truth);
}

TEST(ReportClock, AClockThatWasSetIsBelievedAfterAWhile) {
  ReportClock clock;
  for (int second = 0; second < 20; ++second) clock.add(sender(Seconds(second)), start + Seconds(second) + 20ms, 40ms);
  for (int second = 20; second < 36; ++second)
    clock.add(sender(Seconds(second) - 1h), start + Seconds(second) + 20ms, 40ms);
  EXPECT_EQ(clock.estimate()->offset, truth - 1h);
}

}  // namespace
}  // namespace bigfoot::latency
