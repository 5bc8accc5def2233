#include "base/loop.hpp"

#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include <glib.h>
#include <gtest/gtest.h>

#include "base/backoff.hpp"
#include "base/fake_loop.hpp"
#include "base/glib_loop.hpp"
#include "base/random.hpp"

namespace bigfoot {
namespace {

TEST(FakeLoop, TimersFireInOrderAtTheirTime) {
  FakeLoop loop;
  std::vector<std::pair<int, Nanos>> fired;
  const Timestamp start = loop.now();
  const auto note = [&](int which) { return [&, which] { fired.emplace_back(which, loop.now() - start); }; };
  const auto late = loop.after(30ms, note(3));
  const auto early = loop.after(10ms, note(1));
  const auto periodic = loop.every(20ms, note(2));
  auto cancelled = loop.after(15ms, note(9));
  cancelled.reset();
  loop.advance(45ms);
  EXPECT_EQ(fired, (std::vector<std::pair<int, Nanos>>{{1, 10ms}, {2, 20ms}, {3, 30ms}, {2, 40ms}}));
}

TEST(FakeLoop, ATaskMayCancelItself) {
  FakeLoop loop;
  int runs = 0;
  Subscription self;
  self = loop.every(1ms, [&] {
    if (++runs == 3) self.reset();
  });
  loop.advance(10ms);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(loop.timers(), 0u);
}

/// How often the loop went to sleep while `run` ran.
std::size_t sleeps_in(GlibLoop& loop, const std::function<void()>& run) {
  static std::size_t sleeps = 0;
  sleeps = 0;
  const GPollFunc before = g_main_context_get_poll_func(loop.context());
  g_main_context_set_poll_func(loop.context(), [](GPollFD* polled, guint count, gint timeout_ms) {
    ++sleeps;
    return g_poll(polled, count, timeout_ms);
  });
  run();
  g_main_context_set_poll_func(loop.context(), before);
  return sleeps;
}

TEST(GlibLoop, AnEventWakesItOnce) {
  GlibLoop loop;
  int fired = 0;
  const auto sleeps = sleeps_in(loop, [&] {
    const auto ticks = loop.every(1ms, [&] { ++fired; });
    EXPECT_TRUE(loop.run_until([&] { return fired >= 50; }, 30s));
  });
  EXPECT_LE(sleeps, 52u) << "GLib's own wake-ups would double it";
}

TEST(GlibLoop, WhatIsCancelledWakesNobodyUp) {
  GlibLoop loop;
  bool done = false;
  const auto sleeps = sleeps_in(loop, [&] {
    std::vector<Subscription> cancelled;
    for (int i = 1; i <= 20; ++i) cancelled.push_back(loop.after(Millis(i), [] { FAIL(); }));
    const auto last = loop.after(50ms, [&] { done = true; });
    cancelled.clear();
    EXPECT_TRUE(loop.run_until([&] { return done; }, 30s));
  });
  EXPECT_LE(sleeps, 2u);
}

TEST(GlibLoop, PostsFromManyThreadsArriveOnceAndInOrderPerThread) {
  GlibLoop loop;
  constexpr int threads = 4, posts = 5000;
  std::vector<int> last(threads, -1);
  int seen = 0;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      for (int i = 0; i < posts; ++i)
        loop.post([&, t, i] {
          EXPECT_EQ(last[t], i - 1);
          last[t] = i;
          ++seen;
        });
    });
  EXPECT_TRUE(loop.run_until([&] { return seen == threads * posts; }, 30s));
  for (auto& worker : workers) worker.join();
}

TEST(GlibLoop, TimersKeepSubMillisecondTime) {
  GlibLoop loop;
  bool fired = false;
  const Timestamp start = loop.now();
  Nanos took{};
  const auto timer = loop.after(300us, [&] {
    fired = true;
    took = loop.now() - start;
  });
  EXPECT_TRUE(loop.run_until([&] { return fired; }, 30s));
  EXPECT_GE(took, 300us);
}

TEST(GlibLoop, AWatchSeesAPipeAndMayEndItself) {
  GlibLoop loop;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  int reads = 0;
  Subscription watch;
  watch = loop.watch(ends[0], Io::readable, [&] {
    ++reads;
    watch.reset();
  });
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(loop.run_until([&] { return reads == 1; }, 30s));
  bool later = false;
  const auto timer = loop.after(5ms, [&] { later = true; });
  EXPECT_TRUE(loop.run_until([&] { return later; }, 30s));
  EXPECT_EQ(reads, 1);
  close(ends[0]);
  close(ends[1]);
}

TEST(GlibLoop, StopEndsRunFromAnotherThread) {
  GlibLoop loop;
  std::thread stopper([&] { loop.post([&] { loop.stop(); }); });
  loop.run();
  stopper.join();
}

TEST(Backoff, GrowsToItsLimitAndStartsOver) {
  Backoff backoff(100ms, 5s, 7);
  Nanos longest{};
  for (int i = 0; i < 200; ++i) {
    const Nanos pause = backoff.next();
    EXPECT_GE(pause, 50ms);
    EXPECT_LE(pause, 30s);
    longest = std::max(longest, pause);
  }
  EXPECT_GT(longest, 3s);
  backoff.reset();
  EXPECT_LE(backoff.next(), 100ms);
}

TEST(Random, TokensAreLongAndDifferent) {
  EXPECT_EQ(random_token(24).size(), 24u);
  EXPECT_NE(random_token(24), random_token(24));
}

}  // namespace
}  // namespace bigfoot
