#include "media/part_runner.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/hand_loop_testing.hpp"

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
  FakePart(std::atomic<int>& the_count, std::shared_ptr<Gate> the_gate, std::atomic<int>* the_closings = nullptr)
      : count(the_count), gate(std::move(the_gate)), closings(the_closings) {
    ++count;
  }
  ~FakePart() override { count -= closed ? 1 : 1000; }
  void close() override {
    if (closings) ++*closings;
    if (gate) gate->wait();
    closed = true;
  }
  GstElement* pipeline() const override { return nullptr; }
  std::atomic<int>& count;
  const std::shared_ptr<Gate> gate;
  std::atomic<int>* const closings;  ///< that have begun
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

/// Time by hand.
struct HangingOpenings : testing::Test, PartListener {
  Open how_to_open() override {
    return [this, hangs = hangs, held_by = holds, step = runner.step()]() -> Result<std::shared_ptr<Part>> {
      step("the trial of it");
      ++begun;
      if (hangs) held_by->wait();
      if (refuses && !hangs) return fail("there is no other");
      ++made;
      return std::make_shared<FakePart>(alive, nullptr);
    };
  }
  void on_open() override {}
  void on_closing() override {}
  void on_fault(Error error, bool) override { said.push_back(error.what); }
  void on_hang(const std::string& what, Error error, bool in_use) override {
    EXPECT_FALSE(in_use);
    steps.push_back(what);
    said.push_back(error.what);
    if (leaves) left += runner.leave();
  }
  bool lacks_what_hangs() const override { return lacks; }
  bool begin(int opening) {
    return loop.run_until([&] {
      loop.advance(100ms);
      return begun == opening;
    });
  }

  HandLoop loop;
  const std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::shared_ptr<Gate> holds = gate;
  std::atomic<int> alive{0}, begun{0}, made{0};
  std::atomic<bool> refuses{false};
  bool hangs = true, leaves = true, lacks = true;
  int left = 0;
  std::vector<std::string> said, steps;
  PartRunner runner{loop, *this, {50ms, 2s, 5s}};
};

TEST_F(HangingOpenings, AreLeftToTheirWorkerWhereThereIsAnotherWay) {
  runner.start();
  ASSERT_TRUE(begin(1));
  hangs = false;
  loop.advance(16s);
  EXPECT_THAT(steps, ElementsAre("the trial of it"));
  EXPECT_EQ(left, 1);
  ASSERT_TRUE(loop.run_until([&] { return runner.open(); })) << "at once: no pause, and nothing waits for what hangs";
  EXPECT_EQ(runner.hung(), Nanos{0});
  EXPECT_FALSE(runner.leave()) << "nothing hangs any more";
  EXPECT_EQ(alive, 1);
  gate->open();
  ASSERT_TRUE(loop.run_until([&] { return made == 2 && alive == 1; })) << "what came back too late is closed";
  EXPECT_TRUE(runner.open());
  runner.stop();
  ASSERT_TRUE(loop.run_until([&] { return runner.stopped(); }));
  EXPECT_EQ(alive, 0);
}

TEST_F(HangingOpenings, CountAsHungWhereThereIsNoWayWithoutThem) {
  refuses = true;
  runner.start();
  ASSERT_TRUE(begin(1));
  hangs = false;
  loop.advance(16s);
  ASSERT_TRUE(begin(2));
  ASSERT_TRUE(loop.run_until([&] { return said.size() == 2; }));
  loop.advance(30s);
  EXPECT_GT(runner.hung(), 20s) << "another process may get past it";
  refuses = false;
  ASSERT_TRUE(loop.run_until([&] {
    loop.advance(100ms);
    return runner.open();
  }));
  EXPECT_EQ(runner.hung(), Nanos{0});
  gate->open();
}

/// A camera that is unplugged beside a decoder that hung in its trial.
TEST_F(HangingOpenings, CountNotWhereWhatIsRefusedLacksSomethingElse) {
  refuses = true;
  lacks = false;
  runner.start();
  ASSERT_TRUE(begin(1));
  hangs = false;
  loop.advance(16s);
  ASSERT_TRUE(begin(2));
  ASSERT_TRUE(loop.run_until([&] { return said.size() == 2; }));
  loop.advance(30s);
  EXPECT_EQ(runner.hung(), Nanos{0});
  lacks = true;
  ASSERT_TRUE(loop.run_until([&] {
    loop.advance(100ms);
    return runner.hung() > 20s;
  }));
  runner.reopen();
  EXPECT_EQ(runner.hung(), Nanos{0}) << "another way may work";
  gate->open();
}

TEST_F(HangingOpenings, AreLeftSomeTimesAndThenHangForGood) {
  constexpr int left_max = static_cast<int>(PartRunner::left_max);
  runner.start();
  for (int opening = 1; opening <= left_max + 1; ++opening) {
    ASSERT_TRUE(begin(opening));
    loop.advance(16s);
  }
  EXPECT_EQ(left, left_max);
  EXPECT_GT(runner.hung(), Nanos{0});
  loop.advance(30s);
  EXPECT_GT(runner.hung(), 20s);
  EXPECT_EQ(begun, left_max + 1);
  gate->open();
}

TEST_F(HangingOpenings, AreLeftWhenAnotherThatWasLeftIsBack) {
  constexpr int left_max = static_cast<int>(PartRunner::left_max);
  const auto first = std::make_shared<Gate>();
  holds = first;
  runner.start();
  for (int opening = 1; opening <= left_max + 1; ++opening) {
    ASSERT_TRUE(begin(opening));
    holds = gate;
    loop.advance(16s);
  }
  ASSERT_EQ(left, left_max);
  hangs = false;
  runner.reopen();  // whatever is asked meanwhile
  first->open();
  EXPECT_TRUE(loop.run_until([&] { return runner.open(); })) << "its place is taken at once";
  EXPECT_EQ(left, left_max + 1);
  gate->open();
}

TEST_F(HangingOpenings, AreNoRefusalOfANewerWish) {
  leaves = false;
  runner.start();
  ASSERT_TRUE(begin(1));
  runner.reopen();
  loop.advance(16s);
  EXPECT_THAT(steps, ElementsAre("the trial of it")) << "as on_hang, and not as a fault of what is wished now";
  gate->open();
  ASSERT_TRUE(loop.run_until([&] {
    loop.advance(100ms);
    return runner.open();
  }));
}

/// Time by hand. Every closing hangs until the gate is open.
struct HangingClosings : testing::Test, PartListener {
  static constexpr Nanos patience = 400ms;

  Open how_to_open() override {
    ++tries;
    return [this]() -> Result<std::shared_ptr<Part>> { return std::make_shared<FakePart>(alive, gate, &closings); };
  }
  void on_open() override {}
  void on_closing() override {}
  void on_fault(Error, bool) override {}
  void on_left(const std::string& what, bool broken) override { said.push_back(what + (broken ? ", broken" : "")); }
  void open() {
    runner.start();
    ASSERT_TRUE(loop.run_until([&] { return runner.open(); }));
  }
  bool closing(int number) {
    return loop.run_until([&] { return closings == number; });
  }
  ~HangingClosings() override {
    if (!let_go) gate->open();
  }
  void let_them_go() {
    let_go = true;
    gate->open();
  }

  HandLoop loop;
  const std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::atomic<int> alive{0}, closings{0};
  int tries = 0;
  bool let_go = false;
  std::vector<std::string> said;
  PartRunner runner{loop, *this, {50ms, 2s, 5s, patience}};
};

TEST_F(HangingClosings, AreLeftToTheirWorkersAndAllOfThemWaitedForInTheEnd) {
  open();
  runner.reopen();
  ASSERT_TRUE(closing(1));
  loop.advance(patience);
  ASSERT_TRUE(loop.run_until([&] { return runner.open(); }));
  runner.fail({"broke", {}, Next::restart_pipeline});
  ASSERT_TRUE(closing(2));
  loop.advance(patience);
  ASSERT_TRUE(loop.run_until([&] { return runner.open(); }));
  EXPECT_THAT(said, ElementsAre("closing", "closing, broken"));
  EXPECT_THAT(runner.left(), ElementsAre("closing", "closing"));
  EXPECT_EQ(alive, 3);
  let_them_go();
  ASSERT_TRUE(loop.run_until([&] { return alive == 1 && runner.left().empty(); }))
      << "those that came back count no more";
  runner.stop();
  ASSERT_TRUE(loop.run_until([&] { return runner.stopped(); }));
  EXPECT_EQ(alive, 0);
}

TEST_F(HangingClosings, AreWaitedForWhenThereAreTooMany) {
  open();
  for (std::size_t i = 0; i < PartRunner::left_max; ++i) {
    runner.reopen();
    ASSERT_TRUE(closing(static_cast<int>(i) + 1));
    loop.advance(patience);
    ASSERT_TRUE(loop.run_until([&] { return runner.open(); }));
  }
  const int before = tries;
  runner.reopen();
  ASSERT_TRUE(closing(before));
  loop.advance(10 * patience);
  EXPECT_EQ(runner.left().size(), PartRunner::left_max);
  EXPECT_EQ(tries, before);
  let_them_go();
  ASSERT_TRUE(loop.run_until([&] { return runner.open(); }));
}

TEST_F(HangingClosings, OfAProcessThatStoodStillAreNone) {
  open();
  runner.fail({"broke", {}, Next::restart_pipeline});
  ASSERT_TRUE(closing(1));
  loop.stand_still(1min);
  loop.advance(patience - 10ms);
  EXPECT_THAT(said, IsEmpty()) << "it was given no time to close";
  loop.advance(2 * patience);
  EXPECT_THAT(said, ElementsAre("closing, broken"));
}

}  // namespace
}  // namespace bigfoot::media
