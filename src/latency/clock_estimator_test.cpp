#include "latency/clock_estimator.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bigfoot::latency {
namespace {

using nlohmann::json;

const PeerTime robot_start{std::chrono::hours(500'000)};

/// One robot, whose clock is ahead by `offset`, at the end of a path that the test sets.
class ClockEstimatorTest : public ::testing::Test {
 protected:
  ClockPong answer(ClockPing ping, Nanos up, Nanos turnaround = 0ns) const {
    const PeerTime received = robot_start + (now_ - start_) + up + step_;
    return {ping.id, received, received + turnaround};
  }
  /// Asks as soon as it may, and hears the answer. Leaves the time at its arrival.
  PongVerdict exchange(Nanos up, Nanos down, Nanos turnaround = 0ns) {
    now_ = std::max(now_, clock_.next_due());
    const auto ping = clock_.ask(now_);
    EXPECT_TRUE(ping);
    const ClockPong pong = answer(*ping, up, turnaround);
    now_ += up + turnaround + down;
    return clock_.on_pong(pong, now_);
  }
  Nanos true_offset() const { return robot_start.time_since_epoch() + step_ - start_.time_since_epoch(); }
  /// How far the estimate is from the truth; the test fails where that is more than it says.
  Nanos off() const {
    const auto estimate = clock_.estimate(now_);
    if (!estimate) {
      ADD_FAILURE() << "nothing known";
      return Nanos::max();
    }
    const Nanos off = estimate->offset - true_offset();
    EXPECT_LE(std::chrono::abs(off), estimate->error);
    return off;
  }
  Nanos error() const { return clock_.estimate(now_)->error; }

  const Timestamp start_{std::chrono::hours(3)};
  Timestamp now_ = start_;
  Nanos step_{0};
  ClockEstimator clock_{start_};
};

TEST_F(ClockEstimatorTest, NothingIsKnownBeforeTheFirstAnswer) {
  EXPECT_FALSE(clock_.estimate(now_));
  EXPECT_FALSE(clock_.rtt());
  EXPECT_EQ(clock_.next_due(), start_);
}

TEST_F(ClockEstimatorTest, TheTimeTheRobotTookToAnswerIsNoDelay) {
  EXPECT_EQ(exchange(5ms, 5ms, 300ms), PongVerdict::taken);
  EXPECT_EQ(off(), 0ns);
  EXPECT_EQ(clock_.rtt(), 10ms);
  EXPECT_LT(error(), 6ms);
}

TEST_F(ClockEstimatorTest, AFarRobotIsKnownBadlyAndSaysSo) {
  exchange(38ms, 1ms);
  EXPECT_FALSE(clock_.estimate(now_)->weak());
  now_ += 5s;  // no more answers: 1 ms of drift
  EXPECT_TRUE(clock_.estimate(now_)->weak());
  EXPECT_EQ(off(), 18'500us);
}

TEST_F(ClockEstimatorTest, OneGoodExchangeAmongManyQueuedOnesIsEnough) {
  for (int i = 0; i < 6; ++i) exchange(10ms + i * 40ms, 10ms + (5 - i) * 40ms);
  exchange(10ms, 10ms);
  for (int i = 0; i < 6; ++i) exchange(10ms, 210ms + i * 20ms);
  EXPECT_EQ(clock_.rtt(), 20ms);
  EXPECT_EQ(off(), 0ns);
}

TEST_F(ClockEstimatorTest, ARestartedRobotIsKnownByItsFirstAnswerAndAskedOftenAgain) {
  for (int i = 0; i < 20; ++i) exchange(10ms, 10ms);
  EXPECT_EQ(clock_.next_due() - now_, 980ms);
  step_ = -40s;
  EXPECT_EQ(exchange(10ms, 10ms), PongVerdict::restarted);
  EXPECT_EQ(off(), 0ns);
  EXPECT_EQ(clock_.restarts(), 1u);
  for (int i = 0; i < 8; ++i) {
    const Timestamp before = now_;
    EXPECT_EQ(exchange(10ms, 10ms), PongVerdict::taken);
    EXPECT_LE(now_ - before, 150ms) << i;
  }
  EXPECT_EQ(clock_.next_due() - now_, 980ms);
}

TEST_F(ClockEstimatorTest, AnAnswerOfTheClockAsItWasDoesNotBringItBack) {
  exchange(10ms, 10ms);
  now_ = clock_.next_due();
  const ClockPong old = answer(*clock_.ask(now_), 10ms);
  step_ = 40s;
  EXPECT_EQ(exchange(10ms, 10ms), PongVerdict::restarted);
  EXPECT_EQ(clock_.on_pong(old, now_ + 1ms), PongVerdict::ignored);
  EXPECT_EQ(off(), 0ns);
}

TEST_F(ClockEstimatorTest, ARobotWhoseEveryAnswerContradictsIsAskedEightTimesASecond) {
  int asked = 0;
  for (const Timestamp end = now_ + 10s; now_ < end; ++asked) {
    step_ += 1h;
    exchange(1ms, 1ms);
    EXPECT_EQ(off(), 0ns);
  }
  EXPECT_LE(asked, 81);
}

TEST_F(ClockEstimatorTest, WithoutAnswersTheErrorGrowsAndTheAskingGoesOn) {
  exchange(10ms, 10ms);
  int asked = 0;
  for (int second = 0; second < 3600; ++second) {
    now_ += 1s;
    if (clock_.ask(now_)) ++asked;
  }
  EXPECT_EQ(asked, 3600);
  EXPECT_EQ(off(), 0ns);
  EXPECT_NEAR(to_millis(error()), 10 + 720, 1);
  EXPECT_EQ(exchange(10ms, 10ms), PongVerdict::taken);
  EXPECT_LT(error(), 11ms);
}

// Shared with tests/conformance/clock_test.mjs.
void expect_near_micros(Nanos seen, const json& want_us, const std::string& where) {
  EXPECT_NEAR(to_millis(seen) * 1000, want_us.get<double>(), 0.5) << where;
}

void play(ClockEstimator& clock, const json& event, const std::string& where) {
  const auto at = [](const json& micros) { return Timestamp(Micros(micros.get<std::int64_t>())); };
  if (event.contains("due_us")) {
    EXPECT_EQ(clock.next_due(), at(event["due_us"])) << where;
  }
  if (event.contains("ask")) {
    const auto ping = clock.ask(at(event["at_us"]));
    EXPECT_EQ(ping ? json(ping->id) : json(), event["ask"]) << where;
  }
  if (event.contains("pong")) {
    const auto time = [&](const char* key) { return PeerTime(Micros(event["pong"][key].get<std::int64_t>())); };
    const auto verdict = clock.on_pong({event["pong"]["id"], time("received_us"), time("sent_us")}, at(event["at_us"]));
    const char* words[] = {"ignored", "taken", "restarted"};
    EXPECT_EQ(words[static_cast<int>(verdict)], event["verdict"].get<std::string>()) << where;
  }
  if (!event.contains("estimate")) return;
  const auto estimate = clock.estimate(at(event["at_us"]));
  ASSERT_EQ(estimate.has_value(), !event["estimate"].is_null()) << where;
  if (!estimate) return;
  expect_near_micros(estimate->offset, event["estimate"]["offset_us"], where);
  expect_near_micros(estimate->error, event["estimate"]["error_us"], where);
}

TEST(ClockEstimator, GoldenTalksAreJudgedAsThePageDoes) {
  std::ifstream file(BIGFOOT_SOURCE_DIR "/tests/conformance/clock/estimates.json");
  const json golden = json::parse(file);
  ASSERT_EQ(Micros(golden["resolution_us"].get<std::int64_t>()), ClockEstimator::resolution);
  ASSERT_GE(golden["scenarios"].size(), 9u);
  for (const json& scenario : golden["scenarios"]) {
    ClockEstimator clock{Timestamp{}};
    for (const json& event : scenario["events"])
      play(clock, event, scenario["name"].get<std::string>() + ": " + event.dump());
  }
}

}  // namespace
}  // namespace bigfoot::latency
