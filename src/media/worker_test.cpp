#include "media/worker.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/hand_loop_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;

/// Holds a job until it is let go.
struct Gate {
  std::mutex mutex;
  Gate() { mutex.lock(); }
  void wait() { const std::lock_guard lock(mutex); }
  void open() { mutex.unlock(); }
};

struct WorkerTest : testing::Test {
  GlibLoop loop;
  std::vector<std::string> overdue;
  Worker::Overdue note = [this](const std::string& what, Nanos) { overdue.push_back(what); };
};

TEST_F(WorkerTest, SeveralThatHangAreWaitedForTogether) {
  const auto hold = std::make_shared<Gate>();
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<int> begun{0};
  for (int i = 0; i < 3; ++i) {
    workers.push_back(std::make_unique<Worker>(loop, note));
    workers.back()->run("job", 1s, [hold, &begun] {
      ++begun;
      hold->wait();
    });
  }
  ASSERT_TRUE(loop.run_until([&] { return begun == 3; }, 20s));
  const auto since = std::chrono::steady_clock::now();
  for (const auto& worker : workers) worker->end();
  workers.clear();
  const Nanos took = std::chrono::steady_clock::now() - since;
  EXPECT_GE(took, Worker::patience - 1ms);
  EXPECT_LT(took, 2 * Worker::patience) << "not one after the other";
  hold->open();
}

TEST_F(WorkerTest, EachStepOfAJobHasTheDeadlineToItself) {
  HandLoop hand;
  Gate first, second;
  std::atomic<int> steps{0};
  bool done = false;
  Worker worker(hand, note);
  worker.run(
      "job", 1s,
      [&, step = worker.step()] {
        ++steps;
        first.wait();
        step("its second half");
        ++steps;
        second.wait();
      },
      [&] { done = true; });
  ASSERT_TRUE(hand.run_until([&] { return steps == 1; }));
  hand.advance(900ms);
  first.open();
  ASSERT_TRUE(hand.run_until([&] { return steps == 2; }));
  hand.advance(900ms);
  EXPECT_THAT(overdue, testing::IsEmpty());
  EXPECT_FALSE(worker.stuck());
  hand.advance(200ms);
  EXPECT_THAT(overdue, ElementsAre("its second half"));
  EXPECT_TRUE(worker.stuck());
  second.open();
  ASSERT_TRUE(hand.run_until([&] { return done; }));
}

TEST_F(WorkerTest, TimeThatTheProcessStoodStillCountsForNobody) {
  HandLoop hand;
  Gate gate;
  std::atomic<bool> begun{false};
  bool done = false;
  Worker worker(hand, note);
  worker.run(
      "job", 2s,
      [&] {
        begun = true;
        gate.wait();
      },
      [&] { done = true; });
  ASSERT_TRUE(hand.run_until([&] { return begun.load(); }));
  hand.advance(1s);
  hand.stand_still(1h);
  hand.advance(900ms);
  EXPECT_THAT(overdue, testing::IsEmpty());
  hand.advance(200ms);
  EXPECT_THAT(overdue, ElementsAre("job"));
  hand.advance(10s);
  hand.stand_still(1h);
  EXPECT_LT(worker.hung(), 11s) << "before the next look, too";
  hand.advance(1s);
  EXPECT_GT(worker.hung(), 10s);
  EXPECT_LT(worker.hung(), 12s);
  gate.open();
  ASSERT_TRUE(hand.run_until([&] { return done; }));
  EXPECT_EQ(worker.hung(), Nanos{0});
}

TEST_F(WorkerTest, JobsRunInOrderAwayFromTheLoopAndReportToIt) {
  Worker worker(loop, note);
  std::vector<int> ran;  // the worker's thread alone
  std::vector<int> done;
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 3; ++i)
    worker.run(
        "job", 60s,
        [&, i] {
          EXPECT_NE(std::this_thread::get_id(), here);
          ran.push_back(i);
        },
        [&, i] {
          EXPECT_EQ(std::this_thread::get_id(), here);
          done.push_back(i);
        });
  EXPECT_TRUE(loop.run_until([&] { return done.size() == 3; }, 30s));
  EXPECT_THAT(ran, ElementsAre(0, 1, 2));
  EXPECT_THAT(done, ElementsAre(0, 1, 2));
  EXPECT_TRUE(overdue.empty());
}

TEST_F(WorkerTest, AHangingJobIsReportedOnceAndMayComeBack) {
  Worker worker(loop, note);
  Gate gate;
  bool back = false;
  worker.run(
      "opening", 150ms, [&] { gate.wait(); }, [&] { back = true; });
  EXPECT_TRUE(loop.run_until([&] { return !overdue.empty(); }, 30s));
  EXPECT_TRUE(worker.stuck());
  loop.run_until([] { return false; }, 300ms);
  EXPECT_THAT(overdue, ElementsAre("opening"));
  gate.open();
  EXPECT_TRUE(loop.run_until([&] { return back; }, 30s));
  EXPECT_FALSE(worker.stuck());
}

TEST_F(WorkerTest, TheDeadlineOfAQueuedJobCountsFromItsBegin) {
  Worker worker(loop, note);
  Gate gate;
  bool done = false;
  worker.run("first", 60s, [&] { gate.wait(); });
  worker.run(
      "second", 1s, [] {}, [&] { done = true; });
  loop.run_until([] { return false; }, 1300ms);
  EXPECT_TRUE(overdue.empty());
  gate.open();
  EXPECT_TRUE(loop.run_until([&] { return done; }, 30s));
  EXPECT_TRUE(overdue.empty());
}

TEST_F(WorkerTest, TheDestructorFinishesWhatIsQueuedAndReportsNothing) {
  std::atomic<int> ran{0};
  bool reported = false;
  {
    Worker worker(loop, note);
    for (int i = 0; i < 10; ++i)
      worker.run(
          "job", 60s, [&] { ++ran; }, [&] { reported = true; });
  }
  EXPECT_EQ(ran, 10);
  loop.run_until([] { return false; }, 20ms);
  EXPECT_FALSE(reported);
}

TEST_F(WorkerTest, TheDestructorLeavesAHangingJobAfterItsPatience) {
  const auto gate = std::make_shared<Gate>();
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  const Timestamp before = loop.now();
  {
    Worker worker(loop, note);
    worker.run("hanging", 10s, [gate, ended] {
      gate->wait();
      *ended = true;
    });
  }
  const Nanos took = loop.now() - before;
  EXPECT_GE(took, Worker::patience);
  EXPECT_FALSE(*ended) << "it would have waited for ever";
  gate->open();
  const auto beat = loop.every(5ms, [] {});
  EXPECT_TRUE(loop.run_until([&] { return ended->load(); }, 30s));
}

}  // namespace
}  // namespace bigfoot::media
