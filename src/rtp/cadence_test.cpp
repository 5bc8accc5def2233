#include "rtp/cadence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::rtp {
namespace {

constexpr Nanos interval = 33'333'333ns;

class CadenceTest : public ::testing::Test {
 protected:
  /// A picture whose packets come `apart` one after the other, the last one marked.
  void picture(int packets, Nanos apart = 0ms, bool marked = true) {
    for (int i = 0; i < packets; ++i)
      cadence_.on_newest(timestamp_, marked && i + 1 == packets, true, now_ + i * apart);
    begun_ = now_;
    timestamp_ += 3000;
    now_ += interval;
  }
  Nanos waits() const { return cadence_.overdue()->at - begun_; }

  Cadence cadence_;
  Timestamp now_{std::chrono::hours(2)};
  Timestamp begun_;
  std::uint32_t timestamp_ = 0xffffffff - 9000;
};

TEST_F(CadenceTest, NothingIsOverdueBeforeTheRhythmIsKnown) {
  EXPECT_FALSE(cadence_.overdue());
  picture(3);
  EXPECT_FALSE(cadence_.overdue());
  picture(3);
  EXPECT_TRUE(cadence_.overdue());
}

TEST_F(CadenceTest, TheNextPictureIsOverdueALittleAfterItsTime) {
  for (int i = 0; i < 10; ++i) picture(3);
  EXPECT_FALSE(cadence_.overdue()->inside);
  EXPECT_NEAR(to_millis(waits()), to_millis(interval + 4ms), 0.1);
}

TEST_F(CadenceTest, AnUnsteadySenderIsGivenMoreTime) {
  for (int i = 0; i < 50; ++i) {
    now_ += i % 2 == 0 ? 6ms : -6ms;
    picture(1);
  }
  EXPECT_GT(waits(), interval + 10ms);
  EXPECT_LE(waits(), interval + 25ms);
}

TEST_F(CadenceTest, APictureThatStopsInTheMiddleIsOverdueByItsOwnPauses) {
  for (int i = 0; i < 10; ++i) picture(4, 6ms);
  cadence_.on_newest(timestamp_, false, true, now_);
  EXPECT_TRUE(cadence_.overdue()->inside);
  const Nanos paced = cadence_.overdue()->at - now_;
  EXPECT_GT(paced, 6ms);
  EXPECT_LE(paced, 9ms);
}

TEST_F(CadenceTest, ASenderThatMarksNoEndsHasNoRhythm) {
  for (int i = 0; i < 10; ++i) picture(3, 0ms, false);
  EXPECT_FALSE(cadence_.overdue());
}

TEST_F(CadenceTest, AStreamThatLeapsBeginsAnew) {
  for (int i = 0; i < 10; ++i) picture(3);
  timestamp_ += 90'000 * 20;
  picture(3);
  EXPECT_FALSE(cadence_.overdue());
  picture(3);
  EXPECT_TRUE(cadence_.overdue());
}

TEST_F(CadenceTest, ALostBeginningDoesNotShiftTheRhythm) {
  for (int i = 0; i < 10; ++i) picture(3);
  cadence_.on_newest(timestamp_, true, false, now_ + 15ms);  // what came of it
  begun_ = now_;
  EXPECT_NEAR(to_millis(waits()), to_millis(interval + 4ms), 1);
}

}  // namespace
}  // namespace bigfoot::rtp
