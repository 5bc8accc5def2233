#include "media/frame_ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::ElementsAre;

const Timestamp start{100s};
Nanos frame(int number) { return number * 33'333'333ns; }

struct Ledger : testing::Test {
  FrameLedger ledger;
  void capture(int number) {
    EXPECT_TRUE(ledger.captured(start + frame(number), true));
    ledger.offered(frame(number), start + frame(number));
  }
  void begin(int number) { ledger.started(frame(number), start + frame(number)); }
  FrameLedger::Encoded finish(int number, Nanos took = 5ms, Nanos rounding = 0ns) {
    return ledger.encoded(frame(number) + rounding, start + frame(number) + took, 1000, number == 0);
  }
};

TEST_F(Ledger, AFrameIsFollowedThroughTheEncoder) {
  for (int n = 0; n < 100; ++n) {
    capture(n);
    begin(n);
    const auto encoded = finish(n, Nanos(Millis(1 + n)), n % 2 == 0 ? 9us : -9us);
    EXPECT_EQ(encoded.number, static_cast<std::uint64_t>(n));
    EXPECT_EQ(encoded.took, Nanos(Millis(1 + n)));
  }
  const auto counts = ledger.counts();
  EXPECT_EQ(counts.captured, 100u);
  EXPECT_EQ(counts.encoded, 100u);
  EXPECT_EQ(counts.keyframes, 1u);
  EXPECT_EQ(counts.bytes, 100'000u);
  EXPECT_EQ(counts.dropped_before_encoder + counts.dropped_in_encoder, 0u);
  EXPECT_EQ(ledger.recent().p50, 51ms);
  EXPECT_EQ(ledger.recent().p95, 96ms);
}

TEST_F(Ledger, AnAsleepCameraOnlyCounts) {
  EXPECT_FALSE(ledger.captured(start, false));
  EXPECT_FALSE(ledger.captured(start + 33ms, false));
  EXPECT_EQ(ledger.counts().asleep, 2u);
  EXPECT_EQ(ledger.counts().last_captured, start + 33ms);
  capture(2);
  begin(2);
  finish(2);
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 0u);
}

TEST_F(Ledger, AFrameThatNeverReachedTheEncoderWasDroppedBeforeIt) {
  for (int n = 0; n < 5; ++n) capture(n);
  begin(0);
  begin(3);
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 2u);
  begin(4);
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 2u);
}

TEST_F(Ledger, AFrameThatNeverLeftTheEncoderWasDroppedInIt) {
  for (int n = 0; n < 4; ++n) {
    capture(n);
    begin(n);
  }
  finish(0);
  finish(3);
  EXPECT_EQ(ledger.counts().dropped_in_encoder, 2u);
}

TEST_F(Ledger, SaysSinceWhenTheEncoderOwesAPicture) {
  EXPECT_EQ(ledger.counts().owed_since, Timestamp{});
  capture(0);
  EXPECT_EQ(ledger.counts().owed_since, start) << "also when it never comes to its sink pad";
  begin(0);
  finish(0);
  EXPECT_EQ(ledger.counts().owed_since, Timestamp{});
  for (int n = 1; n < 4; ++n) capture(n);
  begin(1);
  begin(2);
  EXPECT_EQ(ledger.counts().owed_since, start + frame(1)) << "the first it kept";
}

TEST_F(Ledger, APlaceholderIsFollowedAndNotCountedAsCaptured) {
  ledger.stood_in(frame(0), start);
  begin(0);
  EXPECT_EQ(finish(0).took, 5ms);
  EXPECT_EQ(ledger.counts().captured, 0u);
  EXPECT_EQ(ledger.counts().last_captured, Timestamp{});
  EXPECT_EQ(ledger.counts().encoded, 1u);
}

TEST_F(Ledger, WhereNoEncoderTakesItAFrameWasDropped) {
  EXPECT_TRUE(ledger.captured(start, true));
  ledger.passed_over();
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 1u);
  capture(1);
  begin(1);
  finish(1);
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 1u) << "counted once";
}

TEST_F(Ledger, WhatAnEncoderHeldIsLostWithIt) {
  for (int n = 0; n < 4; ++n) capture(n);
  begin(0);
  finish(0);
  begin(1);
  begin(2);
  ledger.restart();
  EXPECT_EQ(ledger.counts().dropped_in_encoder, 2u);
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 1u);
}

TEST_F(Ledger, TheUsualIntervalIsThatOfMostPictures) {
  const Nanos gaps[] = {500ms, 500ms, 33ms, 500ms, 4s, 500ms, 500ms, 500ms};
  Timestamp now = start;
  for (const Nanos gap : gaps) {
    ledger.captured(now, false);
    now += gap;
  }
  EXPECT_EQ(ledger.counts().usual_interval, 500ms);
}

TEST_F(Ledger, ANewPipelineStartsItsTimesAnew) {
  capture(0);
  begin(0);
  finish(0);
  capture(1);
  ledger.restart();
  EXPECT_EQ(ledger.recent().frames, 0u);
  EXPECT_EQ(ledger.counts().last_captured, start + frame(1)) << "the source goes on";
  EXPECT_EQ(ledger.counts().owed_since, Timestamp{});
  capture(0);
  begin(0);
  EXPECT_EQ(finish(0).number, 1u);
  EXPECT_EQ(ledger.counts().dropped_before_encoder, 1u) << "the old one's";
}

TEST_F(Ledger, EncodeTimesAreTakenOnce) {
  for (int n = 0; n < 3; ++n) {
    capture(n);
    begin(n);
    finish(n, Nanos(Millis(n + 1)));
  }
  EXPECT_THAT(ledger.take_encode_times(), ElementsAre(1ms, 2ms, 3ms));
  EXPECT_TRUE(ledger.take_encode_times().empty());
}

TEST_F(Ledger, AnUnknownFrameCountsButHasNoTime) {
  EXPECT_EQ(finish(7).took, 0ns);
  EXPECT_EQ(ledger.counts().encoded, 1u);
}

}  // namespace
}  // namespace bigfoot::media
