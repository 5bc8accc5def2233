#include "rtp/history.hpp"

#include <gtest/gtest.h>

#include "h264/testing.hpp"
#include "rtp/rtx_budget.hpp"

namespace bigfoot::rtp {
namespace {

const Timestamp start{std::chrono::hours(3)};

h264::FramePtr frame_of(std::size_t bytes) {
  h264::Packetizer packetizer;
  return *packetizer.packetize(h264::make_unit(h264::annex_b({h264::nal_of(0x41, bytes, 1)})));
}

class HistoryTest : public ::testing::Test {
 protected:
  h264::FramePtr send(std::size_t bytes, Timestamp at) {
    const auto frame = frame_of(bytes);
    for (std::size_t i = 0; i < frame->count(); ++i) history_.add(next_++, frame, i, at);
    return frame;
  }
  History history_;
  std::uint16_t next_ = 65'530;  // wraps soon
};

TEST_F(HistoryTest, FindsEveryPacketAcrossTheWrap) {
  const auto first = send(5000, start);
  const auto second = send(8000, start + 33ms);
  std::uint16_t sequence = 65'530;
  for (const auto& frame : {first, second})
    for (std::size_t i = 0; i < frame->count(); ++i) {
      const auto found = history_.find(sequence++);
      ASSERT_TRUE(found);
      EXPECT_EQ(*found->frame, frame);
      EXPECT_EQ(found->index, i);
    }
  EXPECT_FALSE(history_.find(sequence));
  EXPECT_FALSE(history_.find(65'529));
}

TEST_F(HistoryTest, KeepsOneSecondOrFourRoundTrips) {
  std::weak_ptr<const h264::PacketizedFrame> watched = send(3000, start);
  send(3000, start + 990ms);
  EXPECT_TRUE(history_.find(65'530));
  history_.forget_old(start + 1001ms);
  EXPECT_FALSE(history_.find(65'530));
  EXPECT_TRUE(watched.expired());
  history_.keep_for(400ms);
  history_.forget_old(start + 990ms + 1590ms);
  EXPECT_EQ(history_.packets(), 3u);
  history_.forget_old(start + 990ms + 1601ms);
  EXPECT_EQ(history_.packets(), 0u);
}

TEST_F(HistoryTest, TheNumberOfPacketsIsBoundedWhateverTheTimeSays) {
  history_.keep_for(1h);
  for (int i = 0; i < 2000; ++i) send(30'000, start);
  EXPECT_LE(history_.packets(), 8192u + 30u);
  EXPECT_FALSE(history_.find(static_cast<std::uint16_t>(next_ - 10'000)));
  EXPECT_TRUE(history_.find(static_cast<std::uint16_t>(next_ - 8'000)));
}

TEST_F(HistoryTest, APacketIsRepeatedOncePerRoundTrip) {
  send(3000, start);
  EXPECT_EQ(history_.ask(65'531, 100ms, start + 50ms), History::Answer::resend);
  EXPECT_EQ(history_.ask(65'531, 100ms, start + 149ms), History::Answer::too_soon);
  EXPECT_EQ(history_.ask(65'530, 100ms, start + 149ms), History::Answer::resend);
  EXPECT_EQ(history_.ask(65'531, 100ms, start + 150ms), History::Answer::resend);
  EXPECT_EQ(history_.ask(65'000, 100ms, start + 150ms), History::Answer::gone);
}

TEST_F(HistoryTest, EachOfThousandsThatWereAskedForHasItsOwnTime) {
  while (history_.packets() < 6000) send(30'000, start);
  const auto oldest = static_cast<std::uint16_t>(next_ - history_.packets());
  for (std::uint16_t sequence = oldest; sequence != next_; ++sequence)
    ASSERT_EQ(history_.ask(sequence, 100ms, start + 1us * static_cast<std::uint16_t>(sequence - oldest)),
              History::Answer::resend);
  for (std::uint16_t sequence = oldest; sequence != next_; ++sequence) {
    const Timestamp asked = start + 1us * static_cast<std::uint16_t>(sequence - oldest);
    ASSERT_EQ(history_.ask(sequence, 100ms, asked + 99ms), History::Answer::too_soon);
    ASSERT_EQ(history_.ask(sequence, 100ms, asked + 100ms), History::Answer::resend);
  }
}

TEST_F(HistoryTest, AFrameThatWasAskedForWhileItWasSentIsAskedForToItsEnd) {
  const auto frame = frame_of(5000);
  history_.add(10, frame, 0, start);
  EXPECT_EQ(history_.ask(10, 100ms, start), History::Answer::resend);
  history_.add(11, frame, 1, start);
  EXPECT_EQ(history_.ask(11, 100ms, start), History::Answer::resend);
  EXPECT_EQ(history_.ask(10, 100ms, start), History::Answer::too_soon);
}

TEST_F(HistoryTest, ARoundTripThatNobodyHasDoesNotFillTheMemory) {
  history_.keep_for(59s);
  send(3000, start);
  history_.forget_old(start + 7999ms);
  EXPECT_EQ(history_.packets(), 3u);
  history_.forget_old(start + 8001ms);
  EXPECT_EQ(history_.packets(), 0u);
}

TEST(RtxBudget, RepairGetsHalfTheRateAndNoMore) {
  RtxBudget budget(Bitrate{2'000'000});
  Timestamp now = start;
  double sent = 0;
  for (int i = 0; i < 100'000; ++i, now += 100us) {  // 10 s of trying all the time
    if (!budget.allows(now)) continue;
    budget.spend(1200);
    sent += 1200;
  }
  EXPECT_NEAR(sent * 8 / 10, 1'000'000, 40'000);
}

TEST(RtxBudget, SaysWhenThereIsSomeAgain) {
  RtxBudget budget(Bitrate{1'000'000});
  ASSERT_TRUE(budget.allows(start));
  budget.spend(100'000);
  EXPECT_FALSE(budget.allows(start));
  const Timestamp ready = budget.ready_at(start);
  EXPECT_FALSE(budget.allows(ready - 1ms));
  EXPECT_TRUE(budget.allows(ready));
  EXPECT_LT(ready - start, 2s);
}

}  // namespace
}  // namespace bigfoot::rtp
