#include "telemetry/metrics.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace bigfoot::telemetry {
namespace {
using ::testing::HasSubstr;

/// The value of the sample line that starts with `series`; NaN when there is none.
double sample(const std::string& text, const std::string& series) {
  const auto at = text.find("\n" + series + " ");
  return at == std::string::npos ? std::nan("") : std::strtod(text.c_str() + at + series.size() + 2, nullptr);
}

TEST(Metrics, ExposesWhatWasCountedUnderItsNameHelpAndLabels) {
  Metrics metrics;
  const auto frames = metrics.counter("bigfoot_frames_sent_total", "Frames handed to the network");
  frames.with({{"camera", "front"}, {"robot", "r1"}}).add();
  frames.with({{"camera", "front"}, {"robot", "r1"}}).add(2);
  frames.with({{"camera", "rear"}, {"robot", "r1"}}).add();
  metrics.gauge("bigfoot_sessions", "Sessions now").with().set(7);
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("# HELP bigfoot_frames_sent_total Frames handed to the network\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE bigfoot_frames_sent_total counter\n"));
  EXPECT_EQ(sample(text, R"(bigfoot_frames_sent_total{camera="front",robot="r1"})"), 3);
  EXPECT_EQ(sample(text, R"(bigfoot_frames_sent_total{camera="rear",robot="r1"})"), 1);
  EXPECT_EQ(sample(text, "bigfoot_sessions"), 7);
}

TEST(Metrics, SameNameIsTheSameFamily) {
  Metrics metrics;
  metrics.counter("a_total", "a").with().add();
  metrics.counter("a_total", "a").with().add();
  EXPECT_EQ(metrics.counter("a_total", "a").with().value(), 2);
}

TEST(Metrics, HistogramCountsInSecondsIntoItsBuckets) {
  Metrics metrics;
  auto encode = metrics.histogram("bigfoot_encode_seconds", "Encode", latency_buckets).with({{"camera", "front"}});
  encode.observe(4500us);
  encode.observe(30s);
  const std::string text = metrics.exposition();
  EXPECT_EQ(sample(text, R"(bigfoot_encode_seconds_bucket{camera="front",le="0.004"})"), 0);
  EXPECT_EQ(sample(text, R"(bigfoot_encode_seconds_bucket{camera="front",le="0.005"})"), 1);
  EXPECT_EQ(sample(text, R"(bigfoot_encode_seconds_bucket{camera="front",le="2"})"), 1);
  EXPECT_EQ(sample(text, R"(bigfoot_encode_seconds_bucket{camera="front",le="+Inf"})"), 2);
}

TEST(Metrics, ASeriesThatIsRemovedIsExposedNoMore) {
  Metrics metrics;
  const auto family = metrics.counter("bigfoot_frames_total", "Frames");
  Counter front = family.with({{"camera", "front"}});
  family.with({{"camera", "rear"}}).add();
  front.add(7);
  family.remove(front);
  EXPECT_EQ(metrics.exposition().find("front"), std::string::npos);
  EXPECT_EQ(sample(metrics.exposition(), R"(bigfoot_frames_total{camera="rear"})"), 1);
  EXPECT_EQ(family.with({{"camera", "front"}}).value(), 0) << "it begins again";
}

TEST(Metrics, DefaultMadeHandlesCountNothing) {
  CounterFamily().with({{"a", "b"}}).add();
  GaugeFamily().with().set(3);
  HistogramFamily().with().observe(1s);
  GaugeFamily().remove(Gauge());
  EXPECT_EQ(Gauge().value(), 0);
}

TEST(Metrics, AForbiddenNameIsABug) {
  Metrics metrics;
  EXPECT_DEATH(metrics.counter("no-dashes", "x"), "");
}

TEST(ProcessMetrics, FollowTheProcess) {
  Metrics metrics;
  add_process_metrics(metrics);
  add_build_info(metrics, "test", "1.2.3");
  const std::string before = metrics.exposition();
  const int fd = open("/dev/null", O_RDONLY);
  const std::string with_one_more = metrics.exposition();
  close(fd);
  EXPECT_EQ(sample(with_one_more, "process_open_fds"), sample(before, "process_open_fds") + 1);
  EXPECT_GE(sample(before, "process_threads"), 1);
  EXPECT_GT(sample(before, "process_resident_memory_bytes"), 1e6);
  EXPECT_NEAR(sample(before, "process_start_time_seconds"), static_cast<double>(time(nullptr)), 300);
  EXPECT_EQ(sample(before, R"(bigfoot_build_info{program="test",version="1.2.3"})"), 1);
}

}  // namespace
}  // namespace bigfoot::telemetry
