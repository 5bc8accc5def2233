// Encoders that break, stand still or refuse a key frame: made of working ones with something in their way.
#include "media/encoder_part.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "media/hand_loop_testing.hpp"
#include "media/test_source.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Size size{320, 180};
constexpr FrameRate fps{30, 1};

const EncoderRow& x264() { return *encoder_candidates("x264enc")->front(); }

/// x264enc, and after it what `more` says.
EncoderRow row(const char* name, const char* more) {
  EncoderRow made = x264();
  made.tested_on = name;
  made.vbv = more;
  return made;
}

/// Who is asked for a key frame is the identity in front of it.
EncoderRow deaf() {
  static const std::string properties = std::string("! x264enc ") + x264().low_delay;
  EncoderRow made = x264();
  made.element = "identity";
  made.low_delay = properties.c_str();
  return made;
}

struct EncoderPartTest : testing::Test, EncoderPartListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }  // the source's caps come before the encoder

  /// Rows that were passed over are not chosen, as in the table.
  Result<EncoderChoice> choose(const std::map<std::string, std::string>& failed) {
    ++trials;
    for (const EncoderRow& one : rows)
      if (!failed.contains(one.element))
        return EncoderChoice{{&one, size, fps, Bitrate{1'000'000}, 1}, "42e01e", {}, {}};
    return fail("none is left");
  }
  void start() {
    control->awake = true;
    control->bitrate_bps = 1'000'000;
    source.start();
    start_part();
    watching = loop.every(50ms, [this] { part->watch(); });
  }
  void start_part() {
    part = std::make_unique<EncoderPart>(
        loop, EncoderWish{"auto", size, fps}, EncoderPart::Links{control, ledger, feed},
        [this](h264::AccessUnit unit) {
          ++units;
          keyframes += unit.keyframe;
          loop.post([] {});
        },
        *this, Log(),
        [this](const EncoderWish& wish, Bitrate, const std::map<std::string, std::string>& failed, const OnTrial&) {
          return wish.name == "none" ? fail("there is none") : choose(failed);
        });
    part->start();
  }
  ~EncoderPartTest() override {
    source.stop();
    part.reset();
  }
  bool wait(const std::function<bool()>& done) { return loop.run_until(done, 20s); }
  bool pictures(int more) {
    const int until = units + more;
    return wait([&] { return units >= until; });
  }

  /// The time from a fault's last picture, or from the end of `spoil`, until an encoder was open again. The best of
  /// some rounds, each with a new part, less what the loop was kept from running since the fault: a machine that stands
  /// still spoils no test, a limit that is too long spoils all rounds.
  Nanos best_recovery(const std::function<void()>& spoil = {}) {
    Nanos best = 1h;
    for (int round = 0; round < 8 && best > 1s; ++round) {
      if (round > 0) start_part();
      if (spoil) spoil();
      const Timestamp asked = loop.now();
      std::vector<Nanos> recoveries;
      EXPECT_TRUE(wait([&] {
        if (recoveries.empty()) recoveries = part->take_recoveries();
        return !recoveries.empty();
      }));
      if (recoveries.empty()) break;
      best = std::min(best, (spoil ? opened_at - asked : recoveries.front()) - kept_since_fault);
    }
    return best;
  }

  void on_encoder_open() override {
    ++opened;
    opened_at = loop.now();
    kept_since_fault = kept() - kept_at_fault;
  }
  void on_wish_refused(const EncoderWish& refused, const Error&) override { refusals.push_back(refused.name); }
  void on_encoder_fault(const Error& error, Nanos pause) override {
    faults.push_back(error.what);
    kept_at_fault = kept();
    EXPECT_LE(pause, 2s);
  }
  /// From running, altogether.
  Nanos kept() const { return kept_before + std::max(loop.now() - ticked_at - tick, Nanos{0}); }

  GlibLoop loop;
  SystemClock clock;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(control, ledger);
  TestSource source{{TestPattern::plain, size, fps, "front"}, clock, feed};
  std::deque<EncoderRow> rows;
  std::atomic<int> trials{0}, units{0}, keyframes{0};
  int opened = 0;
  std::vector<std::string> faults, refusals;
  static constexpr Nanos tick = 10ms;
  Timestamp ticked_at = loop.now(), opened_at{};
  Nanos kept_before{0}, kept_at_fault{0}, kept_since_fault{0};
  Subscription watching;
  Subscription ticking = loop.every(tick, [this] {
    kept_before = kept();
    ticked_at = loop.now();
  });
  std::unique_ptr<EncoderPart> part;
};

TEST_F(EncoderPartTest, OneThatBreaksIsReplacedAndTheSecondTimeByTheNextRow) {
  rows = {row("breaks", "! identity error-after=10"), x264()};
  rows[1].element = "x264enc\t";  // another name for the same
  start();
  ASSERT_TRUE(wait([&] { return faults.size() == 2; }));
  EXPECT_EQ(trials, 1) << "once may be chance";
  ASSERT_TRUE(wait([&] { return opened == 3; }));
  ASSERT_TRUE(pictures(30));
  EXPECT_EQ(trials, 2);
  EXPECT_THAT(part->take_recoveries(), testing::SizeIs(2));
  EXPECT_THAT(part->take_recoveries(), testing::IsEmpty());
  EXPECT_EQ(faults.size(), 2u);
  EXPECT_STREQ(part->choice()->plan.row->tested_on, x264().tested_on);
}

TEST_F(EncoderPartTest, WhereThereIsNoOtherItIsTakenAgain) {
  rows = {row("breaks", "! identity error-after=10")};
  start();
  for (std::size_t round = 1; round <= 4; ++round) {
    const int before = units;
    ASSERT_TRUE(wait([&] { return faults.size() >= round; }));
    EXPECT_THAT(faults.back(), HasSubstr("identity"));
    EXPECT_GT(units, before) << round;
  }
}

TEST_F(EncoderPartTest, OneThatStandsStillIsReplaced) {
  rows = {row("swallows", "! identity drop-probability=1"), x264()};
  rows[1].element = "x264enc\t";
  start();
  ASSERT_TRUE(wait([&] { return !faults.empty(); }));
  EXPECT_EQ(faults.front(), "x264enc stands still");
  ASSERT_TRUE(wait([&] { return faults.size() == 2; }));
  ASSERT_TRUE(pictures(10)) << "the next row gives pictures";
  EXPECT_GE(keyframes, 1);
}

TEST_F(EncoderPartTest, AWishThatComesToNothingLeavesTheEncoderThatWas) {
  rows = {x264()};
  start();
  ASSERT_TRUE(pictures(5));
  part->change({"none", size, fps});
  EXPECT_FALSE(part->settled());
  ASSERT_TRUE(wait([&] { return opened == 2; }));
  EXPECT_THAT(refusals, ElementsAre("none"));
  EXPECT_EQ(part->wish().name, "auto");
  EXPECT_TRUE(part->settled());
  EXPECT_EQ(trials, 1) << "what it was is known";
  ASSERT_TRUE(pictures(5));
  EXPECT_THAT(faults, testing::IsEmpty());
}

TEST_F(EncoderPartTest, OneThatStandsStillIsReplacedWithinASecond) {
  rows = {row("swallows", "! identity drop-probability=1")};
  start();
  const Nanos best = best_recovery();
  EXPECT_GT(best, 700ms) << "since its last picture";
  EXPECT_LE(best, 1s);
}

TEST_F(EncoderPartTest, SoIsOneThatBreaks) {
  rows = {row("breaks", "! identity error-after=10")};
  start();
  EXPECT_LE(best_recovery(), 1s);
  EXPECT_THAT(faults, testing::Each(HasSubstr("identity")));
}

/// Since it was asked: ten pictures are a third of a second.
TEST_F(EncoderPartTest, SoIsOneThatGivesNoKeyFrameWhenAsked) {
  rows = {deaf()};
  start();
  EXPECT_LE(best_recovery([this] {
              EXPECT_TRUE(pictures(5));
              control->keyframe = true;
            }),
            1s);
  EXPECT_THAT(faults, testing::Each(HasSubstr("no key frame when asked")));
}

/// `identity` sleeps in the middle of a picture, and nothing closes meanwhile.
TEST_F(EncoderPartTest, OneThatStandsStillAndDoesNotCloseEitherIsLeftToItself) {
  rows = {row("hangs", "! identity sleep-time=8000000"), x264()};
  rows[1].element = "x264enc\t";
  start();
  ASSERT_TRUE(wait([&] { return opened == 2; }));
  EXPECT_THAT(faults, ElementsAre("x264enc stands still"));
  EXPECT_EQ(trials, 2) << "the next row, and not the same once more";
  EXPECT_STREQ(part->choice()->plan.row->element, "x264enc\t");
  const auto recoveries = part->take_recoveries();
  ASSERT_THAT(recoveries, testing::SizeIs(1));
  EXPECT_LT(recoveries.front(), 6s) << "it was not waited for";
  ASSERT_TRUE(pictures(10));
}

TEST_F(EncoderPartTest, OneThatHangsBeforeItsFirstElementIsReplaced) {
  EncoderRow stuck = x264();
  stuck.input = "identity drop-probability=1 ! video/x-raw,format=I420";
  rows = {stuck};
  start();
  ASSERT_TRUE(wait([&] { return !faults.empty(); }));
  EXPECT_EQ(faults.front(), "x264enc stands still");
}

TEST_F(EncoderPartTest, OneThatGivesNoKeyFrameWhenAskedIsReplaced) {
  rows = {deaf(), x264()};
  start();
  ASSERT_TRUE(pictures(5));
  EXPECT_EQ(keyframes, 1) << "the first picture";
  control->keyframe = true;
  ASSERT_TRUE(wait([&] { return !faults.empty(); }));
  EXPECT_THAT(faults.front(), HasSubstr("no key frame when asked"));
  ASSERT_TRUE(wait([&] { return keyframes >= 2; })) << "a new encoder begins with one";
}

/// As where it hung while it was built, and another has taken its place.
TEST(EncodingTest, WhoseOutletIsClosedBeginsNothing) {
  ASSERT_TRUE(gst::start());
  const auto ledger = std::make_shared<FrameLedger>();
  const auto outlet = std::make_shared<Outlet>([](const h264::AccessUnit&) {});
  const Encoding::Links links{std::make_shared<CameraControl>(), ledger, outlet};
  const Timestamp now{1h};
  ledger->captured(now, true);
  ledger->offered(1ms, now);
  const Timestamp owed = ledger->counts().owed_since;
  ASSERT_NE(owed, Timestamp{});
  outlet->close();
  EXPECT_FALSE(Encoding::open({&x264(), size, fps, Bitrate{1'000'000}, 1}, links));
  EXPECT_EQ(ledger->counts().owed_since, owed) << "the ledger is another's";
}

/// Time by hand: trials that last for minutes.
struct SlowTrials : testing::Test, EncoderPartListener {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }

  /// What a trial does before it ends: the test says when.
  Result<EncoderChoice> choose(const EncoderWish& wish, const std::map<std::string, std::string>& failed,
                               const OnTrial& on_trial) {
    ++trials;
    if (wish.name == "one") return EncoderChoice{{&x264(), size, fps, Bitrate{1'000'000}, 1}, "42e01e", {}, {}};
    for (int row = 1; row <= rows; ++row) {
      const std::string name = "row " + std::to_string(row);
      if (failed.contains(name)) {
        if (wish.name == name) return fail("none is left");
        continue;
      }
      if (!on_trial("the trial of " + name)) return fail("nobody waits");
      tried_first += row == 1;
      ++tried;
      begun = row;
      std::unique_lock lock(mutex);
      go_on.wait(lock, [&] { return ended >= row || let_go == row || (others_pass && row > 1); });
    }
    if (failed.contains(x264().element)) return fail("none is left");
    return EncoderChoice{{&x264(), size, fps, Bitrate{1'000'000}, 1}, "42e01e", {}, {}};
  }
  void end(int row) {
    const std::lock_guard lock(mutex);
    ended = row;
    go_on.notify_all();
  }
  /// It alone.
  void release(int row) {
    const std::lock_guard lock(mutex);
    let_go = row;
    go_on.notify_all();
  }
  /// The first row hangs, and what comes after it is open.
  void open_after_the_first() {
    control->bitrate_bps = 1'000'000;
    others_pass = true;
    part.start();
    ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
    loop.advance(16s);
    ASSERT_TRUE(open(1));
  }
  bool open(int times) {
    return loop.run_until([&] {
      loop.advance(10ms);
      return opened == times;
    });
  }
  ~SlowTrials() override { end(rows); }
  void on_encoder_open() override { ++opened; }
  void on_encoder_fault(const Error& error, Nanos) override { faults.push_back(error.what); }
  void on_wish_refused(const EncoderWish& refused, const Error&) override { refusals.push_back(refused.name); }

  HandLoop loop;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(control, ledger);
  int rows = 3;
  std::atomic<int> trials{0}, begun{0}, tried{0}, tried_first{0};
  std::atomic<bool> others_pass{false};
  std::mutex mutex;
  std::condition_variable go_on;
  int ended = 0, let_go = 0, opened = 0;
  std::vector<std::string> faults, refusals;
  EncoderPart part{loop,
                   {"auto", size, fps},
                   {control, ledger, feed},
                   [](const h264::AccessUnit&) {},
                   *this,
                   Log(),
                   [this](const EncoderWish& wish, Bitrate, const std::map<std::string, std::string>& failed,
                          const OnTrial& on_trial) { return choose(wish, failed, on_trial); }};
};

TEST_F(SlowTrials, EachRowHasItsOwnTime) {
  control->bitrate_bps = 1'000'000;
  part.start();
  for (int row = 1; row <= rows; ++row) {
    ASSERT_TRUE(loop.run_until([&] { return begun == row; }));
    loop.advance(12s);
    EXPECT_THAT(faults, testing::IsEmpty()) << row;
    end(row);
  }
  ASSERT_TRUE(loop.run_until([&] { return opened == 1; }));
}

TEST_F(SlowTrials, WhatNeverComesBackGivesWayToTheNextRow) {
  control->bitrate_bps = 1'000'000;
  part.start();
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  loop.advance(16s);
  EXPECT_THAT(faults, ElementsAre("the trial of row 1 hangs for more than 15.0 s"));
  for (int row = 2; row <= rows; ++row) {
    ASSERT_TRUE(loop.run_until([&] { return begun == row; }));
    release(row);
  }
  ASSERT_TRUE(loop.run_until([&] { return opened == 1; }));
  EXPECT_EQ(part.runner().hung(), Nanos{0});
  EXPECT_EQ(trials, 2);
  loop.advance(60s);
  EXPECT_EQ(faults.size(), 1u);
  EXPECT_TRUE(part.open());
}

TEST_F(SlowTrials, ATrialThatHangsUnderAnotherWishLeavesTheEncoderThatWas) {
  control->bitrate_bps = 1'000'000;
  part.change({"one", size, fps});
  part.start();
  ASSERT_TRUE(loop.run_until([&] { return opened == 1; }));
  part.change({"row 1", size, fps});
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  loop.advance(16s);
  ASSERT_TRUE(loop.run_until([&] { return opened == 2; }));
  EXPECT_THAT(refusals, ElementsAre("row 1"));
  EXPECT_EQ(part.wish().name, "one");
}

/// Not the new wish is refused by what the old one still has under way.
TEST_F(SlowTrials, WhatTheWishBeforeLeftHangingDoesNotRefuseTheNewOne) {
  control->bitrate_bps = 1'000'000;
  part.change({"one", size, fps});
  part.start();
  ASSERT_TRUE(loop.run_until([&] { return opened == 1; }));
  part.change({"auto", size, fps});
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  part.change({"one", size, FrameRate{15, 1}});
  loop.advance(16s);
  ASSERT_TRUE(loop.run_until([&] { return opened == 2; }));
  EXPECT_THAT(refusals, testing::IsEmpty());
  EXPECT_EQ(part.wish().fps, (FrameRate{15, 1}));
}

TEST_F(SlowTrials, WhatHangsIsNotTriedAgainByAnotherWish) {
  open_after_the_first();
  for (const int rate : {15, 10, 5}) {
    const int before = opened;
    part.change({"auto", size, FrameRate{rate, 1}});
    ASSERT_TRUE(open(before + 1)) << "at once: nothing hangs";
  }
  part.change({"row 1", size, fps});
  ASSERT_TRUE(open(5));
  EXPECT_THAT(refusals, ElementsAre("row 1"));
  EXPECT_EQ(part.wish().name, "auto");
  EXPECT_EQ(tried_first, 1);
  EXPECT_EQ(faults.size(), 1u);
}

TEST_F(SlowTrials, WhatBreaksIsTakenAgainAndNotWhatHangs) {
  open_after_the_first();
  for (int times = 1; times <= 2; ++times) {
    part.reject({"it broke", {}, Next::restart_pipeline});
    ASSERT_TRUE(open(times + 1));
  }
  EXPECT_EQ(tried_first, 1);
  EXPECT_EQ(faults.size(), 3u);
}

/// Nor is the running one disturbed by what that finds.
TEST_F(SlowTrials, WhatComesBackIsTriedAgain) {
  open_after_the_first();
  ledger->captured(loop.now(), true);
  ledger->offered(1ms, loop.now());
  const Timestamp owed = ledger->counts().owed_since;
  ASSERT_NE(owed, Timestamp{});
  const int before = tried;
  release(1);
  ASSERT_TRUE(loop.run_until([&] { return part.runner().left().empty(); }));
  EXPECT_EQ(ledger->counts().owed_since, owed) << "no other encoder was begun";
  EXPECT_EQ(tried, before) << "nor tried";
  EXPECT_EQ(opened, 1);
  part.change({"auto", size, FrameRate{15, 1}});
  ASSERT_TRUE(open(2));
  EXPECT_EQ(tried_first, 2);
}

TEST_F(SlowTrials, WhatHangsCountsOnlyWhileThereIsNoWayWithoutIt) {
  control->bitrate_bps = 1'000'000;
  part.change({"row 1", size, fps});
  part.start();
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  loop.advance(16s);
  ASSERT_TRUE(loop.run_until([&] { return faults.size() == 2; }));
  EXPECT_EQ(faults[1], "none is left");
  loop.advance(30s);
  EXPECT_GT(part.runner().hung(), 20s);
  part.change({"one", size, fps});
  EXPECT_EQ(part.runner().hung(), Nanos{0}) << "another way may work";
  ASSERT_TRUE(open(1));
  EXPECT_EQ(part.runner().hung(), Nanos{0});
  part.change({"row 1", size, fps});
  ASSERT_TRUE(open(2));
  EXPECT_THAT(refusals, ElementsAre("row 1"));
  EXPECT_EQ(part.runner().hung(), Nanos{0}) << "it goes on as it was";
}

TEST_F(SlowTrials, AWishThatHangsInAllItsRowsIsRefused) {
  rows = static_cast<int>(PartRunner::left_max) + 1;
  control->bitrate_bps = 1'000'000;
  part.change({"one", size, fps});
  part.start();
  ASSERT_TRUE(open(1));
  part.change({"auto", size, fps});
  for (int row = 1; row <= rows; ++row) {
    ASSERT_TRUE(loop.run_until([&] { return begun == row; }));
    EXPECT_THAT(refusals, testing::IsEmpty());
    loop.advance(16s);
  }
  EXPECT_THAT(refusals, ElementsAre("auto")) << "who asked hears of it";
  EXPECT_EQ(part.wish().name, "one");
  end(rows);
  ASSERT_TRUE(open(2)) << "as soon as one comes back";
  EXPECT_EQ(refusals.size(), 1u);
}

TEST_F(SlowTrials, AProcessThatStoodStillAccusesNobody) {
  control->bitrate_bps = 1'000'000;
  part.change({"one", size, fps});
  part.start();
  ASSERT_TRUE(loop.run_until([&] { return opened == 1; }));
  part.change({"auto", size, fps});
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  loop.stand_still(1min);
  loop.advance(10s);
  EXPECT_THAT(faults, testing::IsEmpty());
  EXPECT_THAT(refusals, testing::IsEmpty());
  end(rows);
  ASSERT_TRUE(loop.run_until([&] { return opened == 2; }));
}

/// The loop looks at what the worker is writing: the thread sanitizer's test.
TEST_F(SlowTrials, AFaultWhileATrialEndsIsNoRace) {
  control->bitrate_bps = 1'000'000;
  part.start();
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  std::thread ends([&] { end(rows); });
  for (int i = 0; i < 40; ++i) loop.advance(500ms);
  ends.join();
  ASSERT_TRUE(loop.run_until([&] {
    loop.advance(100ms);
    return opened == 1;
  }));
}

}  // namespace
}  // namespace bigfoot::media
