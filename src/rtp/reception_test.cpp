#include "rtp/reception.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/ntp.hpp"

namespace bigfoot::rtp {
namespace {

const Timestamp start{std::chrono::hours(3)};

Header packet(std::uint16_t sequence, std::uint32_t timestamp) {
  return {.sequence = sequence, .timestamp = timestamp, .ssrc = 7};
}

TEST(Reception, LossIsOfTheIntervalAndOfAllTime) {
  Reception reception;
  for (std::uint16_t i = 0; i < 100; ++i)
    if (i % 4 != 3) reception.on_packet(packet(i, 0), start);
  reception.on_packet(packet(100, 0), start);
  ReportBlock block = reception.report(start);
  EXPECT_EQ(block.ssrc, 7u);
  EXPECT_EQ(block.highest_sequence, 100u);
  EXPECT_EQ(block.cumulative_lost, 25);
  EXPECT_EQ(block.fraction_lost, 25 * 256 / 101);
  EXPECT_NEAR(reception.loss_ratio(), 25.0 / 101, 1e-9);
  for (std::uint16_t i = 101; i < 151; ++i) reception.on_packet(packet(i, 0), start);
  block = reception.report(start);
  EXPECT_EQ(block.cumulative_lost, 25);
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(reception.report(start).fraction_lost, 0);  // nothing came since
}

TEST(Reception, DuplicatesMakeTheLossNegativeAndNoFraction) {
  Reception reception;
  for (std::uint16_t i = 0; i < 10; ++i) {
    reception.on_packet(packet(i, 0), start);
    reception.on_packet(packet(i, 0), start);
  }
  const ReportBlock block = reception.report(start);
  EXPECT_EQ(block.cumulative_lost, -10);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST(Reception, NumbersAreExtendedOverWrapsAndReordering) {
  Reception reception;
  for (int i = 0; i < 140'000; ++i) {
    const int swapped = i ^ 1;  // each pair the wrong way round
    reception.on_packet(packet(static_cast<std::uint16_t>(60'000 + swapped), 0), start);
  }
  const ReportBlock block = reception.report(start);
  EXPECT_EQ(block.highest_sequence, 60'000u + 139'999);
  EXPECT_LE(std::abs(block.cumulative_lost), 1);  // the first pair came before its elder
}

TEST(Reception, JitterIsTheMeanOfTheSteps) {
  Reception reception;
  // Every second packet 4 ms late: each step is 4 ms.
  for (std::uint16_t i = 0; i < 400; ++i)
    reception.on_packet(packet(i, i * 3000u), start + i * 33'333'333ns + (i % 2) * 4ms);
  EXPECT_NEAR(to_millis(reception.jitter()), 4, 0.2);
  EXPECT_NEAR(reception.report(start).jitter, 360, 20);
}

TEST(Reception, AClockThatLeapsIsNoJitter) {
  Reception reception;
  for (std::uint16_t i = 0; i < 100; ++i) {
    const std::uint32_t leap = i >= 50 ? 0x70000000 : 0;
    reception.on_packet(packet(i, i * 3000u + leap), start + i * 33'333'333ns);
  }
  EXPECT_LT(reception.jitter(), 1ms);
}

TEST(Reception, TheSenderFindsItsRoundTripInTheReport) {
  FakeClock clock;
  const WallOffset wall(clock.now(), clock.wall());
  Reception reception;
  reception.on_packet(packet(1, 0), clock.now());
  EXPECT_EQ(reception.report(clock.now()).last_sr, 0u);
  const std::uint64_t sent = wall.ntp(clock.now());
  clock.advance(20ms);
  reception.on_sender_report({.ssrc = 7, .ntp = sent}, clock.now());
  reception.on_sender_report({.ssrc = 8, .ntp = 1}, clock.now());  // somebody else's
  clock.advance(700ms);
  const ReportBlock block = reception.report(clock.now());
  EXPECT_EQ(block.last_sr, compact_ntp(sent));
  clock.advance(20ms);
  const std::uint32_t round = compact_ntp(wall.ntp(clock.now())) - block.last_sr - block.delay_since_sr;
  EXPECT_NEAR(to_millis(compact_to_nanos(round)), 40, 0.1);
}

}  // namespace
}  // namespace bigfoot::rtp
