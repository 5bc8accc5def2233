#include "congestion/feedback_metrics.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::congestion {
namespace {

using rtp::PacketResult;

/// A path with a rate, a delay, random jitter and loss; feedback every 66 ms, as Chromium sends it.
class FeedbackMetricsTest : public ::testing::Test {
 protected:
  struct Path {
    Bitrate rate{20'000'000};
    Nanos delay = 20ms;
    Nanos jitter = 0ms;
    std::uint32_t lost_of_100 = 0;
  };

  /// 30 frames a second of `frame_packets` × 1200 bytes, in bursts as the pacer makes them.
  void run(const Path& path, std::uint32_t frame_packets, Nanos span) {
    std::vector<PacketResult> waiting;
    const Timestamp end = now_ + span;
    Timestamp next_feedback = now_ + 66ms;
    while (now_ < end) {
      for (std::uint32_t i = 0; i < frame_packets; ++i) {
        const Timestamp sent = now_ + (i / 3) * 5ms;
        link_free_ = std::max(link_free_, sent) + Nanos(1200LL * 8'000'000'000 / path.rate.bps);
        const Nanos jitter =
            path.jitter > 0ns ? Micros(random_.below(static_cast<std::uint32_t>(path.jitter / 1us))) : Nanos{0};
        const bool lost = random_.below(100) < path.lost_of_100;
        waiting.push_back(
            {.sequence = sequence_++,
             .size = 1200,
             .received = !lost,
             .sent = sent,
             .arrival = lost ? Nanos{0} : viewer_clock_ + (link_free_ + path.delay + jitter).time_since_epoch()});
      }
      now_ += 33'333us;
      if (now_ < next_feedback) continue;
      next_feedback += 66ms;
      metrics_.on_feedback(waiting, now_ + path.delay);
      waiting.clear();
    }
  }

  Timestamp now_{std::chrono::hours(5)};
  Timestamp link_free_ = now_;
  std::uint16_t sequence_ = 0;
  Nanos viewer_clock_ = -std::chrono::hours(3);
  h264::Random random_{1};
  FeedbackMetrics metrics_;
};

TEST_F(FeedbackMetricsTest, SaysNothingBeforeItKnows) {
  EXPECT_FALSE(metrics_.rtt());
  EXPECT_FALSE(metrics_.delay_trend_ms_per_second());
  EXPECT_EQ(metrics_.loss_ratio(), 0);
}

TEST_F(FeedbackMetricsTest, AnEmptyPathHasNoTrendAndNoLoss) {
  run({}, 9, 5s);
  EXPECT_NEAR(*metrics_.delay_trend_ms_per_second(), 0, 2);
  EXPECT_EQ(metrics_.loss_ratio(), 0);
}

TEST_F(FeedbackMetricsTest, JitterAloneIsNoTrend) {
  run({.jitter = 8ms}, 9, 10s);
  EXPECT_NEAR(*metrics_.delay_trend_ms_per_second(), 0, 15);
}

TEST_F(FeedbackMetricsTest, AGrowingQueueIsSeenWithinASecond) {
  run({}, 9, 3s);
  run({.rate = Bitrate{2'000'000}, .jitter = 2ms}, 9, 1s);  // 2.6 into 2 Mbit/s: 0.3 s of queue in a second
  EXPECT_GT(*metrics_.delay_trend_ms_per_second(), 150);
}

TEST_F(FeedbackMetricsTest, ADrainingQueueHasANegativeTrend) {
  run({}, 9, 2s);
  run({.rate = Bitrate{2'000'000}}, 9, 1s);
  run({.rate = Bitrate{2'600'000}}, 4, 600ms);
  EXPECT_LT(*metrics_.delay_trend_ms_per_second(), -100);
}

TEST_F(FeedbackMetricsTest, LossIsARatioThatFollowsAndFades) {
  run({.lost_of_100 = 10}, 9, 10s);
  EXPECT_NEAR(metrics_.loss_ratio(), 0.1, 0.04);
  run({}, 9, 5s);
  EXPECT_LT(metrics_.loss_ratio(), 0.005);
}

TEST_F(FeedbackMetricsTest, RttIsTheReportsAndBeforeThatTheLeastOfTheFeedback) {
  run({}, 9, 1s);
  ASSERT_TRUE(metrics_.rtt());
  EXPECT_GT(*metrics_.rtt(), 20ms);
  EXPECT_LT(*metrics_.rtt(), 90ms);
  for (int i = 0; i < 50; ++i) metrics_.on_report(0, 40ms);
  EXPECT_NEAR(to_millis(*metrics_.rtt()), 40, 1);
  metrics_.on_report(0.5, std::nullopt);
  EXPECT_NEAR(to_millis(*metrics_.rtt()), 40, 1);
  EXPECT_EQ(metrics_.loss_ratio(), 0);  // transport feedback knows better
}

TEST_F(FeedbackMetricsTest, WithoutTransportFeedbackTheReportsGiveTheLoss) {
  metrics_.on_report(0.2, 30ms);
  EXPECT_DOUBLE_EQ(metrics_.loss_ratio(), 0.2);
}

}  // namespace
}  // namespace bigfoot::congestion
