#include "rtp/extensions.hpp"

#include <gtest/gtest.h>

#include "rtp/ntp.hpp"
#include "rtp/testing.hpp"

namespace bigfoot::rtp {
namespace {

TEST(Extensions, PlayoutDelayIsTwelveAndTwelveBits) {
  Bytes out(3);
  write_playout_delay({0ms, 0ms}, out.data());
  EXPECT_EQ(out, (Bytes{0, 0, 0}));
  write_playout_delay({100ms, 2000ms}, out.data());
  EXPECT_EQ(out, (Bytes{0x00, 0xa0, 0xc8}));  // 10 and 200
  EXPECT_EQ(parse_playout_delay(out), (PlayoutDelay{100ms, 2000ms}));
}

TEST(Extensions, PlayoutDelayRoundsUpAndIsCapped) {
  Bytes out(3);
  write_playout_delay({1ms, Millis(1'000'000)}, out.data());
  EXPECT_EQ(parse_playout_delay(out), (PlayoutDelay{10ms, 40'950ms}));
  write_playout_delay({Millis(-5), 0ms}, out.data());
  EXPECT_EQ(parse_playout_delay(out), (PlayoutDelay{0ms, 0ms}));
  EXPECT_FALSE(parse_playout_delay(Bytes{0, 0}));
}

TEST(Extensions, AbsCaptureTimeHasEightOrSixteenBytes) {
  Bytes out(16);
  const AbsCaptureTime bare{.capture_ntp = 0x0102030405060708, .clock_offset = std::nullopt};
  EXPECT_EQ(write_abs_capture_time(bare, out.data()), 8u);
  EXPECT_EQ(Bytes(out.begin(), out.begin() + 8), (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(parse_abs_capture_time(BytesView(out).first(8)), bare);
  const AbsCaptureTime offset{.capture_ntp = 1, .clock_offset = -(std::int64_t{1} << 32)};
  EXPECT_EQ(write_abs_capture_time(offset, out.data()), 16u);
  EXPECT_EQ(parse_abs_capture_time(out), offset);
  EXPECT_FALSE(parse_abs_capture_time(BytesView(out).first(9)));
}

TEST(Ntp, UnixTimesReadBackToTheNanosecond) {
  EXPECT_EQ(to_ntp(WallTime(0s)) >> 32, 2'208'988'800u);
  EXPECT_EQ(to_ntp(WallTime(1'500'000'000s + 500ms)) & 0xffffffff, 0x80000000u);
  for (const std::int64_t nanos : {1'800'000'000'000'000'001, 1'800'000'000'999'999'999, 1'700'000'000'123'456'789})
    EXPECT_EQ(from_ntp(to_ntp(WallTime(Nanos(nanos)))), WallTime(Nanos(nanos)));
}

TEST(Ntp, TheEraAfterFebruary2036IsUnderstood) {
  const WallTime later(Seconds(2'100'000'000));
  EXPECT_LT(to_ntp(later) >> 63, 1u);
  EXPECT_EQ(from_ntp(to_ntp(later)), later);
}

TEST(Ntp, AStepOfTheWallClockMovesNothing) {
  FakeClock clock;
  const WallOffset wall(clock.now(), clock.wall());
  const WallTime before = wall.at(clock.now());
  clock.step_wall(std::chrono::hours(5));
  clock.advance(1s);
  EXPECT_EQ(wall.at(clock.now()), before + 1s);
}

}  // namespace
}  // namespace bigfoot::rtp
