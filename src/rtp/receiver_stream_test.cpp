// What is the stream of a receiver: its beginning, its end, another one, and what must not spoil it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/receiver_lab.hpp"

namespace bigfoot::rtp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReceiverStreamTest : public ReceiverLab {};

TEST_F(ReceiverStreamTest, AStreamThatBeginsInTheMiddleWaitsForItsKeyFrame) {
  come(stream_.picture(false, 2));
  EXPECT_EQ(plis(), 1u);
  const TestPicture key = stream_.picture(true, 40);
  for (const TestPacket& packet : key.packets) {
    come(packet);
    wait(10ms);  // longer than a PLI's turn: none is sent while it arrives
  }
  EXPECT_EQ(plis(), 1u);
  EXPECT_THAT(got_, ElementsAre(key.bytes));
}

TEST_F(ReceiverStreamTest, ParameterSetsLostAtTheVeryStartAreAskedFor) {
  const TestPicture key = stream_.picture(true, 3);
  come_without(key, {0});
  EXPECT_THAT(asked(), ElementsAre(499, 500));
  EXPECT_EQ(plis(), 0u);
  wait(40ms);
  come(key.packets[0].repeat());
  EXPECT_THAT(got_, ElementsAre(key.bytes));
}

TEST_F(ReceiverStreamTest, ParameterSetsOvertakenAtTheVeryStartCount) {
  const TestPicture key = stream_.picture(true, 3);
  come(key.packets[1]);
  come(key.packets[0]);
  come(key.packets[2]);
  come(key.packets[3]);
  EXPECT_THAT(got_, ElementsAre(key.bytes));
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverStreamTest, NumbersAndTimesWrap) {
  stream_ = TestStream(1000, 65'500, 0xffffffff - 30'000);
  begin();
  std::int64_t ticks = 0;
  for (int i = 0; i < 60; ++i) {
    const TestPicture picture = stream_.picture(false, 3);
    come_without(picture, {1});
    wait(10ms);
    come(picture.packets[1].repeat());
    ASSERT_EQ(got_.back(), picture.bytes);
    if (i > 0) {
      EXPECT_EQ(frames_.back().ticks, ticks + 3000);
    }
    ticks = frames_.back().ticks;
  }
  EXPECT_EQ(got_.size(), 60u);
  EXPECT_EQ(receiver_.stats().streams, 1u);
}

TEST_F(ReceiverStreamTest, AnotherSsrcIsAnotherStreamFromItsFirstPacketOn) {
  begin();
  come(stream_.picture(false, 2));
  got_.clear();
  TestStream other(2000, 40'000, 7);
  const TestPicture key = other.picture(true, 3), next = other.picture(false, 1);
  come(key.packets[0]);
  EXPECT_EQ(receiver_.ssrc(), 1000u);  // one packet proves nothing
  come(key.packets[1]);
  EXPECT_EQ(receiver_.ssrc(), 2000u);
  come_without(key, {0, 1});
  come(next);
  EXPECT_THAT(got_, ElementsAre(key.bytes, next.bytes));
  EXPECT_EQ(plis(), 0u);
  EXPECT_EQ(receiver_.reception().packets(), 5u);
}

TEST_F(ReceiverStreamTest, ASenderThatStartsAgainUnderItsSsrcIsFollowed) {
  for (const auto& [sequence, timestamp] :
       {std::pair<std::uint16_t, std::uint32_t>{60'000, 0x50000000}, {20'000, 0x10000000}, {19'000, 0x90000000}}) {
    begin();
    stream_ = TestStream(1000, sequence, timestamp);
    const TestPicture key = stream_.picture(true, 3);
    come(key);
    EXPECT_THAT(got_, ElementsAre(key.bytes)) << sequence;
    got_.clear();
  }
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverStreamTest, ALateBurstOfAnOldPathIsNoNewStream) {
  begin();
  std::vector<TestPicture> old;
  for (int i = 0; i < 50; ++i) {
    old.push_back(stream_.picture(false, 4));
    come(old.back());
  }
  for (int i = 0; i < 50; ++i) {
    come(old[static_cast<std::size_t>(i)]);
    come(stream_.picture(false, 1));
  }
  EXPECT_EQ(got_.size(), 100u);
  EXPECT_EQ(receiver_.stats().streams, 1u);
}

// Make before break: what the old path held comes in one go, between two pictures of the new one.
TEST_F(ReceiverStreamTest, ALateBurstBetweenTwoPicturesIsNoNewStream) {
  begin();
  flow(10, 8);
  std::vector<TestPicture> stuck;
  for (int i = 0; i < 13; ++i) stuck.push_back(stream_.picture(false, 8));
  for (int i = 0; i < 40; ++i) {
    come(stream_.picture(plis() > 0 && got_.empty(), 8));
    wait(lab_interval);
  }
  ASSERT_GT(got_.size(), 10u);
  const std::size_t before = plis();
  got_.clear();
  for (const TestPicture& picture : stuck) come(picture);
  EXPECT_EQ(receiver_.stats().streams, 1u);
  const TestPicture next = stream_.picture(false, 8);
  come(next);
  EXPECT_THAT(got_, ElementsAre(next.bytes));
  EXPECT_EQ(plis(), before);
}

TEST_F(ReceiverStreamTest, ASenderThatStartsAgainALittleBehindIsFollowed) {
  begin();
  TestStream again = stream_;
  for (int i = 0; i < 40; ++i) come(stream_.picture(false, 8));
  wait(2s);
  const std::size_t before = plis();
  got_.clear();
  for (int i = 0; i < 12; ++i) {
    come(again.picture(plis() > before, 8));
    wait(lab_interval);
  }
  EXPECT_EQ(receiver_.stats().streams, 2u);
  EXPECT_THAT(got_, ::testing::Not(IsEmpty()));
}

// The PLIs that nobody answered were another stream's.
TEST_F(ReceiverStreamTest, AStreamThatBeginsIsAskedForItsKeyFrameAtOnce) {
  come(stream_.picture(false, 2));
  wait(9s);
  const std::size_t before = plis();
  ASSERT_GT(before, 5u);
  TestStream other(2000, 1, 5);
  come(other.picture(false, 2));
  EXPECT_EQ(receiver_.ssrc(), 2000u);
  EXPECT_EQ(plis(), before + 1);
  wait(190ms);
  EXPECT_EQ(plis(), before + 2);
}

TEST_F(ReceiverStreamTest, StreamsInTurnMakeNoStormOfPlis) {
  TestStream other(2000, 1, 5);
  for (int i = 0; i < 500; ++i) {
    come(stream_.picture(false, 2));
    wait(1ms);
    come(other.picture(false, 2));
    wait(1ms);
  }
  EXPECT_GT(receiver_.stats().streams, 900u);
  EXPECT_LE(plis(), 11u);
}

TEST_F(ReceiverStreamTest, PaddingTakesNumbersAndNothingElse) {
  begin();
  const TestPicture a = stream_.picture(false, 3);
  come(a);
  const TestPacket first = stream_.padding(), second = stream_.padding();
  const TestPicture b = stream_.picture(false, 2);
  come(first);
  come(b);  // the second one is missing
  EXPECT_THAT(asked(), ElementsAre(second.header.sequence));
  EXPECT_THAT(got_, ElementsAre(a.bytes));
  come(second.repeat());  // OSN and nothing behind it: a probe's padding looks the same, it fills no hole
  EXPECT_THAT(got_, ElementsAre(a.bytes));
  come(second);
  EXPECT_THAT(got_, ElementsAre(a.bytes, b.bytes));
}

TEST_F(ReceiverStreamTest, ABlackoutIsNotRepairedPacketByPacket) {
  begin();
  std::vector<TestPicture> gone;
  for (int i = 0; i < 30; ++i) gone.push_back(stream_.picture(false, 10));
  come(stream_.picture(false, 3));
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(plis(), 1u);
  EXPECT_EQ(receiver_.stats().overflows, 1u);
  const TestPicture key = stream_.picture(true, 3);
  come(key);
  EXPECT_THAT(got_, ElementsAre(key.bytes));
  EXPECT_EQ(receiver_.reception().report(now_).cumulative_lost, 300);
}

TEST_F(ReceiverStreamTest, WhatIsHeldBehindAHoleIsLimited) {
  begin();
  come_without(stream_.picture(false, 3), {1});
  for (int i = 0; i < 2000; ++i) {
    come(stream_.picture(false, 9));
    ASSERT_LE(receiver_.held(), config().packets_max);
  }
  EXPECT_GE(receiver_.stats().overflows, 1u);
  EXPECT_GE(plis(), 1u);
}

TEST_F(ReceiverStreamTest, AnEndlessPictureIsCutOff) {
  begin();
  TestPacket packet = stream_.picture(false, 2).packets[0];
  packet.payload.resize(60'000, 1);
  for (int i = 0; i < 400; ++i) {
    come(packet);
    ++packet.header.sequence;
  }
  EXPECT_GE(receiver_.stats().overflows, 1u);
  EXPECT_GE(plis(), 1u);
  EXPECT_THAT(got_, IsEmpty());
}

// GStreamer's payloader ends the parameter sets with a marker of their own when it is asked for a key frame.
TEST_F(ReceiverStreamTest, ParameterSetsWithTheirOwnMarkerBelongToTheKeyFrame) {
  TestPicture key = stream_.picture(true, 3);
  key.packets[0].header.marker = true;
  come(key);
  EXPECT_THAT(got_, ElementsAre(key.bytes));
  EXPECT_TRUE(frames_[0].keyframe);
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverStreamTest, WithoutMarkersTheNextPictureEndsTheOneBefore) {
  begin();
  TestPicture a = stream_.picture(false, 3), b = stream_.picture(false, 3);
  a.packets.back().header.marker = b.packets.back().header.marker = false;
  come(a);
  EXPECT_THAT(got_, IsEmpty());
  come(b);
  EXPECT_THAT(got_, ElementsAre(a.bytes));
}

TEST_F(ReceiverStreamTest, WhatIsNotH264IsSkippedAndReplacedByAKeyFrame) {
  begin();
  TestPicture bad = stream_.picture(false, 2);
  bad.packets[1].payload = {0x7d, 0, 0, 0};  // FU-B
  come(bad);
  come(stream_.picture(false, 1));
  EXPECT_THAT(got_, IsEmpty());
  EXPECT_EQ(plis(), 1u);
  EXPECT_EQ(receiver_.stats().frames.malformed, 1u);
}

TEST(ReceiverOfTwoFormats, TheSenderMayChangeBetweenThem) {
  Receiver receiver({.payload_types = {TestPacket::media_type, 100}, .rtx_payload_types = {TestPacket::rtx_type, 101}});
  TestStream stream(1, 1, 1);
  const Timestamp now{std::chrono::hours(1)};
  std::vector<Bytes> got;
  const auto come = [&](const TestPacket& packet) {
    packet.parsed([&](const Packet& parsed) { receiver.on_packet(parsed, now); });
    for (ReceivedFrame& frame : receiver.step(now, lab_rtt, 0ms).frames) got.push_back(std::move(frame.bytes));
  };
  TestPicture key = stream.picture(true, 1), next = stream.picture(false, 2);
  for (TestPacket& packet : next.packets) packet.header.payload_type = 100;
  TestPacket alien = stream.picture(false, 1).packets[0];
  alien.header.payload_type = 110;
  for (const TestPacket& packet : key.packets) come(packet);
  come(next.packets[1]);
  TestPacket repeat = next.packets[0].repeat();
  repeat.header.payload_type = 101;
  come(repeat);
  come(alien);
  EXPECT_THAT(got, ElementsAre(key.bytes, next.bytes));
}

TEST_F(ReceiverStreamTest, TheCaptureTimeComesWithItsPicture) {
  begin();
  TestPicture picture = stream_.picture(false, 2);
  picture.packets[0].extensions = {{5, {1, 2, 3, 4, 5, 6, 7, 8}}};
  come(picture);
  come(stream_.picture(false, 2));
  ASSERT_TRUE(frames_[0].captured);
  EXPECT_EQ(frames_[0].captured->capture_ntp, 0x0102030405060708u);
  EXPECT_FALSE(frames_[1].captured);
}

TEST_F(ReceiverStreamTest, WhatIsMissingIsKnownByItsRepeat) {
  const auto awaits = [this](const TestPacket& packet) {
    bool answer = false;
    packet.parsed([&](const Packet& parsed) { answer = receiver_.awaits(parsed); });
    return answer;
  };
  const TestPicture before = stream_.picture(false, 2);
  EXPECT_FALSE(awaits(before.packets[0].repeat()));
  begin();
  TestPicture picture = stream_.picture(false, 3);
  come_without(picture, {1});
  EXPECT_TRUE(awaits(picture.packets[1].repeat()));
  EXPECT_FALSE(awaits(picture.packets[1])) << "no RTX";
  EXPECT_FALSE(awaits(picture.packets[0].repeat())) << "here already";
  picture.packets[1].header.timestamp += 0x40000000;
  EXPECT_FALSE(awaits(picture.packets[1].repeat())) << "another stream's number";
}

TEST_F(ReceiverStreamTest, RepeatsFromBeforeTheStreamAndOfAnotherTimeAreLeft) {
  const TestPicture key = stream_.picture(true, 2);
  come(key.packets[0].repeat());
  EXPECT_FALSE(receiver_.ssrc());
  come(key);
  TestPacket alien = stream_.picture(false, 1).packets[0];
  alien.header.timestamp += 0x40000000;
  come(alien.repeat());
  EXPECT_EQ(got_.size(), 1u);
}

}  // namespace
}  // namespace bigfoot::rtp
