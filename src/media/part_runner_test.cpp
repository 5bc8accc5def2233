#include "media/part_runner.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Closed until it is let go.
struct Gate {
  std::mutex mutex;
  Gate() { mutex.lock(); }
  void wait() { const std::lock_guard lock(mutex); }
  void open() { mutex.unlock(); }
};

struct FakePart final : Part {
  FakePart(std::atomic<int>& the_count, std::shared_ptr<Gate> the_gate) : count(the_count), gate(std::move(the_gate)) {
    ++count;
  }
  ~FakePart() override { count -= closed ? 1 : 1000; }
  void close() override {
    if (gate) gate->wait();
    closed = true;
  }
  GstElement* pipeline() const override { return nullptr; }
  std::atomic<int>& count;
  const std::shared_ptr<Gate> gate;
  bool closed = false;
};

struct PartRunnerTest : testing::Test, PartListener {
  static constexpr PartRunner::Pauses pauses{4ms, 16ms, 60ms};

  Open how_to_open() override {
    ++tries;
    return [this]() -> Result<std::shared_ptr<Part>> {
      if (slow > Nanos{0}) std::this_thread::sleep_for(slow);
      if (refusal) return tl::unexpected(*refusal);
      return std::make_shared<FakePart>(alive, gate);
    };
  }
  void on_left_hanging(bool broken) override { said.push_back(broken ? "left, broken" : "left"); }
  void on_open() override { said.push_back("open"); }
  void on_closing() override { said.push_back("closing"); }
  void on_fault(Error error, bool in_use) override {
    said.push_back((in_use ? "broke: " : "refused: ") + error.what);
    paused.push_back(runner->pause());
  }
  bool wait(const std::function<bool()>& done) { return loop.run_until(done, 10s); }

  GlibLoop loop;
  std::atomic<int> alive{0};
  int tries = 0;
  Nanos slow{0};
  std::shared_ptr<Gate> gate;  ///< what holds every closing
  std::optional<Error> refusal;
  std::vector<std::string> said;
  std::vector<Nanos> paused;
  std::unique_ptr<PartRunner> runner = std::make_unique<PartRunner>(loop, *this, pauses);
};

TEST_F(PartRunnerTest, OpensOnceAndStopsWhenAsked) {
  EXPECT_TRUE(runner->stopped());
  runner->start();
  runner->start();
  EXPECT_FALSE(runner->open());
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  EXPECT_EQ(alive, 1);
  runner->stop();
  EXPECT_FALSE(runner->open());
  ASSERT_TRUE(wait([&] { return runner->stopped(); }));
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(tries, 1);
  EXPECT_THAT(said, ElementsAre("open", "closing"));
}

TEST_F(PartRunnerTest, WhatDoesNotOpenIsTriedUntilItDoes) {
  refusal = Error{"not there", "plug it in", Next::restart_pipeline};
  runner->start();
  ASSERT_TRUE(wait([&] { return said.size() >= 8; }));
  for (const Nanos pause : paused) EXPECT_LE(pause, pauses.longest);
  refusal.reset();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  EXPECT_EQ(said.back(), "open");
  EXPECT_EQ(runner->starts(), static_cast<std::uint64_t>(tries));
}

TEST_F(PartRunnerTest, WhatOnlyAPersonCanMendIsTriedSeldom) {
  refusal = Error{"no such element", "write another", Next::give_up};
  runner->start();
  ASSERT_TRUE(wait([&] { return said.size() >= 2; }));
  EXPECT_EQ(paused.front(), pauses.hopeless);
}

TEST_F(PartRunnerTest, AFaultReplacesItAndItsListenerHearsBoth) {
  runner->start();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  runner->fail({"stands still", {}, Next::restart_pipeline});
  EXPECT_FALSE(runner->open());
  ASSERT_TRUE(wait([&] { return runner->open() && alive == 1; }));
  EXPECT_THAT(said, ElementsAre("open", "closing", "broke: stands still", "open"));
}

TEST_F(PartRunnerTest, ReopeningIsNoFault) {
  runner->reopen();
  EXPECT_EQ(tries, 0) << "it is not wanted";
  runner->start();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  runner->reopen();
  ASSERT_TRUE(wait([&] { return runner->open() && alive == 1; }));
  EXPECT_THAT(said, ElementsAre("open", "closing", "open"));
}

TEST_F(PartRunnerTest, StoppedWhileItOpensNothingIsLeft) {
  slow = 100ms;
  runner->start();
  runner->stop();
  EXPECT_FALSE(runner->stopped());
  ASSERT_TRUE(wait([&] { return runner->stopped(); }));
  EXPECT_EQ(alive, 0);
  EXPECT_THAT(said, IsEmpty());
  runner->start();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
}

TEST_F(PartRunnerTest, StoppedWhileItWaitsToTryAgainItDoesNot) {
  refusal = Error{"not there", {}, Next::restart_pipeline};
  runner->start();
  ASSERT_TRUE(wait([&] { return !said.empty(); }));
  runner->stop();
  ASSERT_TRUE(wait([&] { return runner->stopped(); }));
  const int before = tries;
  loop.run_until([] { return false; }, 100ms);
  EXPECT_EQ(tries, before);
}

TEST_F(PartRunnerTest, WorkForAPartThatWasReplacedIsDoneAndNotHeardOf) {
  runner->start();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  int worked = 0, heard = 0;
  runner->run(
      "working", 5s, [&] { ++worked; }, [&] { ++heard; });
  ASSERT_TRUE(wait([&] { return heard == 1; }));
  runner->run(
      "working", 5s, [&] { ++worked; }, [&] { ++heard; });
  runner->fail({"broke", {}, Next::restart_pipeline});
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  EXPECT_EQ(worked, 2);
  EXPECT_EQ(heard, 1);
}

TEST_F(PartRunnerTest, OfManyWishesTheNewestIsOpened) {
  slow = 50ms;
  runner->start();
  for (int i = 0; i < 50; ++i) runner->reopen();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  EXPECT_EQ(tries, 2) << "the one under way, and the newest";
  for (int i = 0; i < 50; ++i) runner->reopen();
  EXPECT_TRUE(runner->opening());
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  EXPECT_FALSE(runner->opening());
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(alive, 1);
}

TEST_F(PartRunnerTest, WhatHangsInClosingIsLeftToItsWorkerTwiceAndThenWaitedFor) {
  PartRunner::Pauses impatient = pauses;
  impatient.close_patience = 20ms;
  gate = std::make_shared<Gate>();
  runner = std::make_unique<PartRunner>(loop, *this, impatient);
  runner->start();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  runner->reopen();
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  runner->fail({"broke", {}, Next::restart_pipeline});
  ASSERT_TRUE(wait([&] { return runner->open(); }));
  EXPECT_THAT(said, ElementsAre("open", "closing", "left", "open", "closing", "broke: broke", "left, broken", "open"));
  EXPECT_EQ(alive, 3);
  runner->reopen();
  loop.run_until([] { return false; }, 100ms);
  EXPECT_FALSE(runner->open()) << "the third";
  EXPECT_EQ(tries, 3);
  gate->open();
  ASSERT_TRUE(wait([&] { return runner->open() && alive == 1; }));
  gate.reset();
  runner->stop();
  ASSERT_TRUE(wait([&] { return runner->stopped(); })) << "those that came back count no more";
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace bigfoot::media
