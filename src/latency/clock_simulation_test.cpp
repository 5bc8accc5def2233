// Robot and viewer with their real messages over a simulated path, for minutes of simulated time: what the viewer says
// of the robot's clock is true at every moment, as far as it says.

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "latency/clock_answers.hpp"
#include "latency/clock_estimator.hpp"

namespace bigfoot::latency {
namespace {

/// One direction. Delays are drawn anew for each packet, so packets overtake each other.
struct Way {
  Nanos base = 10ms;
  Nanos jitter = 0ns;   ///< mean of an exponential
  double queued = 0;    ///< share of the packets that meet a queue …
  Nanos queue = 300ms;  ///< … of up to this
  double lost = 0;
  double twice = 0;
};

struct Talk {
  Way up, down;
  double drift = 100e-6;   ///< the robot's seconds are shorter by this share
  Nanos ahead = 10s;       ///< its clock is ahead of the viewer's wall clock, which nobody asks
  Nanos turnaround = 2ms;  ///< up to this
};

class Simulation {
 public:
  Simulation(Talk talk, unsigned seed) : talk_(talk), random_(seed), clock_(now_) {}

  void at(Nanos since_start, std::function<void()> event) { events_.emplace(start_ + since_start, std::move(event)); }

  /// The robot's process starts again: another offset of its wall clock to its monotonic one.
  void restart_robot(Nanos step) {
    robot_.step_wall(step);
    robots_wall_ = rtp::WallOffset(robot_.now(), robot_.wall() + talk_.ahead);
    answers_ = ClockAnswers(robots_wall_);
    truth_known_ = false;
  }
  void step_robots_wall_clock(Nanos step) { robot_.step_wall(step); }
  void cut_path() { cut_ = true; }

  /// Runs for so long and judges the estimate every 10 ms.
  void run(Nanos span) {
    const Timestamp end = now_ + span;
    for (Timestamp judged = now_; now_ < end;) {
      Timestamp next = std::min({end, judged, clock_.next_due()});
      if (!events_.empty()) next = std::min(next, events_.begin()->first);
      move_to(next);
      while (!events_.empty() && events_.begin()->first <= now_) {
        const auto event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event();
      }
      if (const auto ping = clock_.ask(now_)) send(*ping);
      if (now_ >= judged) {
        judge();
        judged = now_ + 10ms;
      }
    }
  }

  const ClockEstimator& clock() const { return clock_; }
  Timestamp now() const { return now_; }
  /// How far the estimate was from the truth, at most, since the last call.
  Nanos worst() { return std::exchange(worst_, 0ns); }
  int judged() const { return judged_; }

 private:
  void move_to(Timestamp next) {
    const Nanos span = next - now_;
    now_ = next;
    drifted_ += talk_.drift * static_cast<double>(span.count());
    const Nanos whole(static_cast<std::int64_t>(drifted_));
    drifted_ -= static_cast<double>(whole.count());
    robot_.advance(span + whole);
  }

  std::vector<Nanos> delays(const Way& way) {
    const auto share = [&] { return std::uniform_real_distribution(0.0, 1.0)(random_); };
    const auto up_to = [&](Nanos most) {
      return Nanos(static_cast<std::int64_t>(share() * static_cast<double>(most.count())));
    };
    std::vector<Nanos> copies;
    if (cut_ || share() < way.lost) return copies;
    for (int count = share() < way.twice ? 2 : 1; count > 0; --count) {
      const double jitter = -std::log(1 - share()) * static_cast<double>(way.jitter.count());
      copies.push_back(way.base + Nanos(static_cast<std::int64_t>(jitter)) +
                       (share() < way.queued ? up_to(way.queue) : 0ns));
    }
    return copies;
  }

  void send(ClockPing ping) {
    const Bytes message = write_clock_message(ping);
    for (const Nanos delay : delays(talk_.up)) at(now_ + delay - start_, [this, message] { at_robot(message); });
  }
  void at_robot(const Bytes& message) {
    const Timestamp received = robot_.now();
    const Nanos busy = talk_.turnaround * static_cast<std::int64_t>(random_() % 1000) / 1000;
    at(now_ + busy - start_, [this, message, received] {
      const auto answer = answers_.answer(message, received, robot_.now());
      if (!answer) return;
      for (const Nanos delay : delays(talk_.down)) at(now_ + delay - start_, [this, answer] { at_viewer(*answer); });
    });
  }
  void at_viewer(const Bytes& answer) {
    const auto message = read_clock_message(answer);
    ASSERT_TRUE(message);
    const auto verdict = clock_.on_pong(std::get<ClockPong>(*message), now_);
    if (verdict == PongVerdict::restarted) truth_known_ = true;
  }
  void judge() {
    const auto estimate = clock_.estimate(now_);
    if (!estimate || !truth_known_) return;
    const Nanos off = std::chrono::abs(estimate->theirs(now_) - to_peer_time(robots_wall_.at(robot_.now())));
    ASSERT_LE(off, estimate->error) << to_millis(off) << " ms off, said " << to_millis(estimate->error) << " after "
                                    << to_seconds(now_ - start_) << " s";
    worst_ = std::max(worst_, off);
    ++judged_;
  }

  const Talk talk_;
  std::mt19937 random_;
  FakeClock robot_;
  const Timestamp start_{std::chrono::hours(77)};
  Timestamp now_ = start_;
  double drifted_ = 0;
  rtp::WallOffset robots_wall_{robot_.now(), robot_.wall() + talk_.ahead};
  ClockAnswers answers_{robots_wall_};
  ClockEstimator clock_;
  std::multimap<Timestamp, std::function<void()>> events_;
  bool cut_ = false;
  bool truth_known_ = true;  // not between a restart of the robot and the first answer after it
  Nanos worst_{0};
  int judged_ = 0;
};

constexpr unsigned seeds = 20;

TEST(ClockSimulation, JitterLossDuplicatesAndReordering) {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    Way way{.base = 15ms, .jitter = 8ms, .queued = 0.3, .lost = 0.2, .twice = 0.1};
    Simulation simulation({.up = way, .down = way}, seed);
    simulation.run(10s);
    (void)simulation.worst();
    simulation.run(110s);
    EXPECT_GT(simulation.judged(), 11'000);
    EXPECT_LT(simulation.worst(), 20ms);
    EXPECT_EQ(simulation.clock().restarts(), 0u);
  }
}

TEST(ClockSimulation, APathThatQueuesOneWayOnly) {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    Simulation simulation({.up = {.base = 5ms, .jitter = 1ms},
                           .down = {.base = 45ms, .jitter = 10ms, .queued = 0.9, .queue = 400ms},
                           .drift = -100e-6},
                          seed);
    simulation.run(120s);
    EXPECT_GT(simulation.worst(), 15ms) << "the path is not what it is meant to be";
    EXPECT_TRUE(simulation.clock().estimate(simulation.now())->weak());
    EXPECT_EQ(simulation.clock().restarts(), 0u);
  }
}

TEST(ClockSimulation, OnALocalNetworkTheClockIsKnownToAMillisecond) {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const Way way{.base = 150us, .jitter = 200us, .queued = 0.1, .queue = 20ms};
    Simulation simulation({.up = way, .down = way}, seed);
    simulation.run(10s);
    simulation.run(110s);
    EXPECT_LT(simulation.clock().estimate(simulation.now())->error, 2ms);
    EXPECT_EQ(simulation.clock().restarts(), 0u);
  }
}

TEST(ClockSimulation, AWallClockThatStepsIsNotEvenNoticed) {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const Way way{.base = 20ms, .jitter = 5ms};
    Simulation simulation({.up = way, .down = way}, seed);
    simulation.at(20s, [&] { simulation.step_robots_wall_clock(10s); });
    simulation.at(40s, [&] { simulation.step_robots_wall_clock(-3600s); });
    simulation.run(60s);
    EXPECT_EQ(simulation.clock().restarts(), 0u);
    EXPECT_LT(simulation.worst(), 20ms);
  }
}

TEST(ClockSimulation, ARobotThatStartsAgainIsKnownWithinTwoSeconds) {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const Way way{.base = 30ms, .jitter = 10ms, .lost = 0.05};
    Simulation simulation({.up = way, .down = way}, seed);
    simulation.at(30s, [&] { simulation.restart_robot(seed % 2 == 0 ? 10s : -10s); });
    simulation.run(30s);
    const int before = simulation.judged();
    simulation.run(30s);
    EXPECT_EQ(simulation.clock().restarts(), 1u);
    EXPECT_GT(simulation.judged() - before, 2500);
  }
}

TEST(ClockSimulation, AfterAMinuteWithoutAPathTheBoundStillHolds) {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const Way way{.base = 5ms, .jitter = 2ms};
    Simulation simulation({.up = way, .down = way, .drift = 190e-6}, seed);
    simulation.run(10s);
    const Nanos before = simulation.clock().estimate(simulation.now())->error;
    simulation.cut_path();
    (void)simulation.worst();
    simulation.run(60s);
    EXPECT_GT(simulation.worst(), 7ms) << "the clocks do not drift as they are meant to";
    EXPECT_GT(simulation.clock().estimate(simulation.now())->error, before + 11ms);
    EXPECT_GT(simulation.judged(), 6'900);
  }
}

}  // namespace
}  // namespace bigfoot::latency
