#include "rtp/twcc_feedback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::rtp {
namespace {

const Timestamp start{std::chrono::hours(3)};

Bytes on_the_wire(const TransportFeedback& feedback) {
  Bytes wire;
  append_rtcp(feedback, wire);
  return wire;
}

TEST(TwccFeedback, ToldTwentyFiveMillisecondsAfterTheFirstArrival) {
  TwccFeedback feedback(1, 2);
  EXPECT_FALSE(feedback.next_due());
  EXPECT_TRUE(feedback.step(start).empty());
  feedback.on_packet(5, start);
  feedback.on_packet(6, start + 10ms);
  EXPECT_EQ(feedback.next_due(), start + 25ms);
  EXPECT_TRUE(feedback.step(start + 24ms).empty());
  const auto told = feedback.step(start + 25ms);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].base, 5);
  EXPECT_EQ(told[0].received.size(), 2u);
  EXPECT_FALSE(feedback.next_due());
}

TEST(TwccFeedback, ToldWithTheEndOfAPictureButNotMoreOftenThanTheInterval) {
  TwccFeedback feedback(1, 2);
  std::vector<Nanos> told;
  std::uint16_t number = 0;
  for (Timestamp now = start; now < start + 100ms; now += 1ms) {
    if ((now - start) % 10ms == 0ms) {  // pictures of two packets, 10 ms apart
      feedback.on_packet(number++, now);
      feedback.on_packet(number++, now);
      feedback.on_picture(now);
    }
    for (const auto& each : feedback.step(now)) {
      told.push_back(now - start);
      EXPECT_EQ(each.base + each.received.size(), number);
    }
  }
  EXPECT_THAT(told, testing::ElementsAre(0ms, 30ms, 50ms, 80ms));
}

TEST(TwccFeedback, PicturesThirtyTimesASecondAreToldAsTheyEndEvenAfterOneThatDidNot) {
  TwccFeedback feedback(1, 2);
  feedback.on_packet(0, start);  // its end is lost
  EXPECT_EQ(feedback.step(start + 25ms).size(), 1u);
  for (std::uint16_t i = 1; i < 10; ++i) {
    const Timestamp now = start + i * 33ms;
    feedback.on_packet(i, now);
    feedback.on_picture(now);
    EXPECT_EQ(feedback.step(now).size(), 1u) << i;
  }
}

TEST(TwccFeedback, AfterABurstThatWasToldInPartsThePicturesAreToldAsTheyEnd) {
  TwccFeedback feedback(1, 2);
  std::uint16_t number = 0;
  Timestamp now = start;
  for (int i = 0; i < 1000; ++i, now += 25us) {
    feedback.on_packet(number++, now);
    feedback.step(now);
  }
  for (int i = 0; i < 3; ++i) {
    now += 33ms;
    feedback.step(now);
    feedback.on_packet(number++, now);
    feedback.on_picture(now);
    EXPECT_EQ(feedback.step(now).size(), 1u) << i;
  }
}

TEST(TwccFeedback, ManyPacketsAreToldAtOnceAndFitADatagram) {
  h264::Random random(9);
  TwccFeedback feedback(1, 2);
  std::uint16_t number = 65'000;
  Timestamp now = start;
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = 0; i < TwccFeedback::gathered_max; ++i) {
      EXPECT_TRUE(!feedback.next_due() || *feedback.next_due() > now);
      number = static_cast<std::uint16_t>(number + 1 + random.below(4));
      now += Micros(random.below(200));
      // In any order, so that most deltas take two bytes.
      feedback.on_packet(static_cast<std::uint16_t>(number - random.below(60)), now);
    }
    EXPECT_LE(*feedback.next_due(), now);
    for (const auto& told : feedback.step(now)) EXPECT_LT(on_the_wire(told).size(), 1200u);
    EXPECT_FALSE(feedback.next_due());
  }
}

TEST(TwccFeedback, TheSenderHearsOfEveryPacketOnceWithinTheInterval) {
  h264::Random random(10);
  TwccSender sender;
  TwccFeedback feedback(1, 2);
  std::size_t arrived = 0, told = 0;
  Timestamp now = start;
  const auto deliver = [&] {
    for (const auto& part : feedback.step(now)) {
      const auto parsed = parse_rtcp(on_the_wire(part));
      ASSERT_TRUE(parsed);
      for (const auto& result : sender.on_feedback(std::get<TransportFeedback>(parsed->at(0)))) {
        if (!result.received) continue;
        ++told;
        EXPECT_LE(now - result.sent, TwccFeedback::interval);
      }
    }
  };
  for (int i = 0; i < 100'000; ++i) {
    Timestamp next = now + Micros(random.below(3000));
    if (feedback.next_due() && *feedback.next_due() <= next) {
      now = *feedback.next_due();
      deliver();
    }
    now = std::max(now, next);
    const std::uint16_t sequence = sender.next();
    sender.on_sent(sequence, 1000, now);
    if (random.below(50) == 0) continue;
    feedback.on_packet(sequence, now);
    ++arrived;
  }
  now = feedback.next_due().value_or(now);
  deliver();
  EXPECT_EQ(told, arrived);
}

}  // namespace
}  // namespace bigfoot::rtp
