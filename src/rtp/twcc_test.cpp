#include "rtp/twcc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::rtp {
namespace {

using h264::Random;

const Timestamp start{std::chrono::hours(3)};

TransportFeedback over_the_wire(const TransportFeedback& feedback) {
  Bytes wire;
  append_rtcp(feedback, wire);
  return std::get<TransportFeedback>(parse_rtcp(wire)->at(0));
}

TEST(Twcc, ArrivalsLossesAndSizesComeBackToTheSender) {
  TwccSender sender;
  TwccReceiver receiver(1, 2);
  for (std::uint16_t i = 0; i < 10; ++i) {
    const std::uint16_t sequence = sender.next();
    sender.on_sent(sequence, 1000u + i, start + i * 1ms);
    if (i != 4) receiver.on_packet(sequence, start + 50ms + i * 1ms);
  }
  const auto results = sender.on_feedback(over_the_wire(*receiver.take()));
  ASSERT_EQ(results.size(), 10u);
  for (std::uint16_t i = 0; i < 10; ++i) {
    EXPECT_EQ(results[i].sequence, i);
    EXPECT_EQ(results[i].size, 1000 + i);
    EXPECT_EQ(results[i].sent, start + i * 1ms);
    EXPECT_EQ(results[i].received, i != 4);
    EXPECT_EQ(results[i].arrival, i != 4 ? results[0].arrival + i * 1ms : Nanos{0});
  }
}

TEST(Twcc, RandomTrafficOverManyWrapsIsToldOnceAndOnTime) {
  Random random(4);
  TwccSender sender;
  TwccReceiver receiver(1, 2);
  std::vector<std::pair<std::uint16_t, Timestamp>> late;
  std::size_t arrived = 0, told = 0, lost = 0, told_lost = 0;
  std::optional<Nanos> epoch;
  Timestamp now = start;
  for (int i = 0; i < 150'000; ++i) {
    now += Micros(random.below(7000));
    const std::uint16_t sequence = sender.next();
    sender.on_sent(sequence, 1200, now);
    if (random.below(50) == 0)
      ++lost;
    else {
      receiver.on_packet(sequence, now + 20ms);
      ++arrived;
    }
    if (i % 20 != 19) continue;
    while (auto feedback = receiver.take()) {
      for (const PacketResult& result : sender.on_feedback(over_the_wire(*feedback))) {
        (result.received ? told : told_lost) += 1;
        if (!result.received) continue;
        const Nanos offset = result.arrival - result.sent.time_since_epoch();
        if (!epoch) epoch = offset;
        ASSERT_LT(std::chrono::abs(offset - *epoch), 500us);  // also where the 24-bit reference time wraps
      }
    }
  }
  EXPECT_EQ(told, arrived);
  EXPECT_GE(told_lost + 20, lost);
  EXPECT_LE(told_lost, lost);
}

TEST(Twcc, ALatePacketIsTakenBackFromTheLost) {
  TwccSender sender;
  TwccReceiver receiver(1, 2);
  for (int i = 0; i < 4; ++i) sender.on_sent(sender.next(), 100, start + i * 1ms);
  for (const int early : {0, 1, 3}) receiver.on_packet(static_cast<std::uint16_t>(early), start + 20ms);
  EXPECT_FALSE(sender.on_feedback(*receiver.take())[2].received);
  receiver.on_packet(2, start + 30ms);
  const auto results = sender.on_feedback(over_the_wire(*receiver.take()));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].sequence, 2);
  EXPECT_TRUE(results[0].received);
}

TEST(Twcc, RepeatedForeignAndAncientFeedbackSaysNothing) {
  TwccSender sender;
  TwccReceiver receiver(1, 2);
  for (int i = 0; i < 5; ++i) {
    sender.on_sent(sender.next(), 100, start);
    receiver.on_packet(static_cast<std::uint16_t>(i), start);
  }
  const auto feedback = *receiver.take();
  EXPECT_EQ(sender.on_feedback(feedback).size(), 5u);
  EXPECT_TRUE(sender.on_feedback(feedback).empty());
  EXPECT_TRUE(sender.on_feedback({.base = 30'000, .count = 65'535, .received = {{30'001, 1}}}).empty());
  for (int i = 0; i < 5000; ++i) sender.on_sent(sender.next(), 100, start);
  EXPECT_TRUE(sender.on_feedback({.base = 5, .count = 100}).empty());
}

TEST(Twcc, AFeedbackOfEverythingTellsTheNewest) {
  TwccSender sender;
  for (int i = 0; i < 30'000; ++i) sender.on_sent(sender.next(), 100, start);
  const auto results = sender.on_feedback({.base = 0, .count = 30'000, .received = {{7, 1}, {29'998, 5}, {29'999, 9}}});
  ASSERT_EQ(results.size(), 2048u);
  EXPECT_EQ(results.front().sequence, 30'000 - 2048);
  EXPECT_EQ(std::ranges::count_if(results, &PacketResult::received), 2);
  EXPECT_TRUE(results[2046].received && results[2047].received);
  EXPECT_EQ(results[2047].arrival - results[2046].arrival, 1ms);
}

TEST(Twcc, ReferenceTimesThatLeapStayInRange) {
  TwccSender sender;
  std::int32_t reference = 0;
  Nanos highest{0}, lowest{0};
  for (int i = 0; i < 40'000; ++i) {  // half of them reach past 2^63 ns
    const std::uint16_t sequence = sender.next();
    sender.on_sent(sequence, 100, start);
    reference = static_cast<std::int32_t>(static_cast<std::uint32_t>(reference + 0x7fffff) << 8) >> 8;
    const auto results =
        sender.on_feedback({.base = sequence, .count = 1, .reference = reference, .received = {{sequence, 0}}});
    ASSERT_EQ(results.size(), 1u);
    highest = std::max(highest, results[0].arrival);
    lowest = std::min(lowest, results[0].arrival);
  }
  EXPECT_GT(highest, std::chrono::hours(24 * 365));
  EXPECT_LT(highest, std::chrono::hours(24 * 365 * 5));
  EXPECT_GT(lowest, -std::chrono::hours(24 * 365 * 5));
}

TEST(Twcc, ALongSilenceSplitsTheFeedback) {
  TwccReceiver receiver(1, 2);
  receiver.on_packet(10, start);
  receiver.on_packet(11, start + 9s);  // a delta holds 8.19 s
  const auto first = receiver.take();
  const auto second = receiver.take();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->received.size(), 1u);
  EXPECT_EQ(second->base, 11);
  EXPECT_EQ(second->number, first->number + 1);
  EXPECT_FALSE(receiver.take());
}

}  // namespace
}  // namespace bigfoot::rtp
