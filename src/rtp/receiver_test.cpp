#include "rtp/receiver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/receiver_lab.hpp"

namespace bigfoot::rtp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReceiverTest : public ReceiverLab {};

TEST_F(ReceiverTest, APictureIsDeliveredWithItsLastPacket) {
  begin();
  const TestPicture picture = stream_.picture(false, 3);
  come(picture.packets[0]);
  come(picture.packets[1]);
  EXPECT_THAT(got_, IsEmpty());
  now_ += 2ms;
  come(picture.packets[2]);
  EXPECT_THAT(got_, ElementsAre(picture.bytes));
  EXPECT_FALSE(frames_[0].keyframe);
  EXPECT_EQ(frames_[0].last_arrival - frames_[0].first_arrival, 2ms);
  EXPECT_EQ(frames_[0].ticks, 90'000 + 3000);
  EXPECT_EQ(receiver_.held(), 0u);
}

TEST_F(ReceiverTest, AGapIsAskedForAtOnceAndHoldsWhatFollows) {
  begin();
  const TestPicture first = stream_.picture(false, 3), second = stream_.picture(false, 2);
  come(first.packets[0]);
  come(first.packets[2]);
  const std::uint16_t lost = first.packets[1].header.sequence;
  EXPECT_THAT(asked_, ElementsAre(std::pair(Nanos(0), lost)));
  come(second);
  EXPECT_THAT(got_, IsEmpty());
  wait(40ms);
  come(first.packets[1].repeat());
  EXPECT_THAT(got_, ElementsAre(first.bytes, second.bytes));
  EXPECT_EQ(frames_[0].repaired, 1u);
  EXPECT_EQ(frames_[1].repaired, 0u);
  EXPECT_THAT(asked(), ElementsAre(lost));
  EXPECT_EQ(receiver_.measured_rtt(), 40ms);
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverTest, AskedAgainEachRoundTripThenGivenUpForAKeyFrame) {
  begin();
  const TestPicture picture = stream_.picture(false, 3), next = stream_.picture(false, 2);
  come_without(picture, {1});
  come(next);
  wait(1s);
  const std::uint16_t lost = picture.packets[1].header.sequence;
  // A round takes 45 ms here, four of them fit: an answer to a fifth would come too late to be worth its bytes.
  std::vector<std::pair<Nanos, std::uint16_t>> rounds;
  for (const Nanos at : {0ms, 45ms, 90ms, 135ms}) rounds.emplace_back(at, lost);
  std::erase_if(asked_, [&](const auto& asked) { return asked.second != lost; });
  EXPECT_EQ(asked_, rounds);
  ASSERT_GE(plis(), 1u);
  EXPECT_EQ(plis_[0], 180ms);
  EXPECT_THAT(got_, IsEmpty());
  come(stream_.picture(false, 2));
  const TestPicture key = stream_.picture(true, 2), after = stream_.picture(false, 1);
  come(key);
  come(after);
  EXPECT_THAT(got_, ElementsAre(key.bytes, after.bytes));
  EXPECT_EQ(receiver_.stats().frames.skipped, 3u);
  EXPECT_EQ(receiver_.stats().repair.lost, 1u);
}

TEST_F(ReceiverTest, TheSecondRoundRepairsToo) {
  begin();
  const TestPicture picture = stream_.picture(false, 3);
  come_without(picture, {1});
  wait(85ms);
  come(picture.packets[1].repeat());
  EXPECT_THAT(got_, ElementsAre(picture.bytes));
  EXPECT_FALSE(receiver_.measured_rtt());  // which ask was answered?
}

TEST_F(ReceiverTest, WhatCanStillComeIsWaitedForBehindWhatIsWhole) {
  begin();
  const TestPicture a = stream_.picture(false, 3), b = stream_.picture(false, 3), c = stream_.picture(false, 1);
  come_without(a, {1});
  come_without(b, {1});
  come(c);
  wait(40ms);
  come(b.packets[1].repeat());
  EXPECT_THAT(got_, IsEmpty());
  come(a.packets[1].repeat());
  EXPECT_THAT(got_, ElementsAre(a.bytes, b.bytes, c.bytes));
}

TEST_F(ReceiverTest, AfterGivingUpAKeyFrameThatIsHereGoesOnAtOnce) {
  begin();
  const TestPicture lost = stream_.picture(false, 3), key = stream_.picture(true, 2), next = stream_.picture(false, 1);
  come_without(lost, {1});
  come(key);
  come(next);
  wait(179ms);
  EXPECT_THAT(got_, IsEmpty());  // the lost picture might still have come
  wait(1ms);
  EXPECT_THAT(got_, ElementsAre(key.bytes, next.bytes));
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverTest, AKeyFrameWithHolesIsRepairedNotAskedForAnew) {
  begin();
  const TestPicture lost = stream_.picture(false, 3), key = stream_.picture(true, 4);
  come_without(lost, {1});
  wait(150ms);
  come_without(key, {0, 2});  // its SPS too
  wait(35ms);
  EXPECT_EQ(receiver_.stats().repair.lost, 1u);
  come(key.packets[2].repeat());
  come(key.packets[0].repeat());
  EXPECT_THAT(got_, ElementsAre(key.bytes));
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverTest, OfTwoKeyFramesTheFirstThatIsWholeIsTaken) {
  for (const bool older : {true, false}) {
    begin();
    const TestPicture lost = stream_.picture(false, 3);
    come_without(lost, {1});
    wait(100ms);
    const TestPicture first = stream_.picture(true, 2), between = stream_.picture(false, 1);
    const TestPicture second = stream_.picture(true, 3);
    come(between);
    come_without(second, {2});
    wait(85ms);
    const TestPicture& whole = older ? first : second;
    EXPECT_THAT(got_, IsEmpty());
    for (const TestPacket& packet : whole.packets) come(packet.repeat());
    if (older) {
      EXPECT_THAT(got_, ElementsAre(first.bytes, between.bytes));
      come(second.packets[2].repeat());
    }
    EXPECT_EQ(got_.back(), second.bytes);
    EXPECT_EQ(got_.size(), older ? 3u : 1u);
    wait(1s);
    EXPECT_EQ(plis(), 0u);
    got_.clear();
    asked();
  }
}

// An answer to each of two PLIs, the first with a hole.
TEST_F(ReceiverTest, AKeyFrameThatIsWholeWaitsForNoOlderOne) {
  for (const std::size_t hole : {0u, 2u, 5u}) {
    receiver_.need_keyframe();
    step();
    const TestPicture first = stream_.picture(true, 5), between = stream_.picture(false, 2);
    const TestPicture second = stream_.picture(true, 5), next = stream_.picture(false, 1);
    come_without(first, {hole});
    come_without(between, {0});
    come(second);
    EXPECT_THAT(got_, ElementsAre(second.bytes)) << hole;
    come(next);
    EXPECT_THAT(got_, ElementsAre(second.bytes, next.bytes));
    come(first.packets[hole].repeat());
    EXPECT_EQ(got_.size(), 2u);
    got_.clear();
  }
}

TEST_F(ReceiverTest, ParameterSetsAloneAreNoWholeKeyFrame) {
  const TestPicture first = stream_.picture(true, 5);
  TestPicture second = stream_.picture(true, 5);
  second.packets[0].header.marker = true;
  come_without(first, {2});
  come_without(second, {3});
  come(first.packets[2].repeat());
  EXPECT_THAT(got_, ElementsAre(first.bytes)) << "the one that became whole first";
  come(second.packets[3].repeat());
  EXPECT_THAT(got_, ElementsAre(first.bytes, second.bytes));
}

TEST_F(ReceiverTest, SilenceInsideAKeyFrameIsNoKeyFrame) {
  for (const std::size_t came : {5u, 1u}) {
    begin();
    receiver_.need_keyframe();
    step();
    TestPicture key = stream_.picture(true, 10);
    key.packets[0].header.marker = came == 1;  // parameter sets with a marker of their own
    for (std::size_t i = 0; i < came; ++i) come(key.packets[i]);
    start_ = now_;
    const std::size_t before = plis();
    wait(189ms);
    EXPECT_EQ(plis(), before) << "the rest may be on its way";
    wait(1ms);
    ASSERT_EQ(plis(), before + 1);
    EXPECT_EQ(plis_.back(), lab_rtt + 150ms);
    wait(5s);
    EXPECT_GT(plis(), before + 4) << "and again";
    EXPECT_LT(plis(), before + 10);
    got_.clear();
    key = stream_.picture(true, 2);
    for (const TestPacket& packet : key.packets) come(packet);
    EXPECT_EQ(got_.back(), key.bytes);
    got_.clear();
    asked();
  }
}

// While the repair is at it there is no silence, however far the sender.
TEST_F(ReceiverTest, AKeyFrameThatIsRepairedIsNotAskedForAnew) {
  const auto far = [this] {
    const ReceiverStep step = receiver_.step(now_, 300ms, 0ms);
    for (const ReceivedFrame& frame : step.frames) got_.push_back(frame.bytes);
    if (step.keyframe) plis_.push_back(now_ - start_);
  };
  const TestPicture key = stream_.picture(true, 5);
  for (const std::size_t i : {0u, 1u, 3u, 4u, 5u})
    key.packets[i].parsed([this](const Packet& parsed) { receiver_.on_packet(parsed, now_); });
  far();
  for (now_ += 900ms; receiver_.next_due() && *receiver_.next_due() < now_;) far();
  key.packets[2].repeat().parsed([this](const Packet& parsed) { receiver_.on_packet(parsed, now_); });
  far();
  EXPECT_THAT(got_, ElementsAre(key.bytes));
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverTest, NothingIsAskedForInsideAPictureThatIsNoUse) {
  begin();
  const TestPicture lost = stream_.picture(false, 3);
  come_without(lost, {1});
  wait(200ms);
  EXPECT_EQ(plis(), 1u);
  asked();
  const TestPicture delta = stream_.picture(false, 5);
  come_without(delta, {1, 3});
  wait(30ms);
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(receiver_.held(), 0u);
}

TEST_F(ReceiverTest, PlisAreRepeatedMoreAndMoreSlowly) {
  come(stream_.picture(false, 2));
  wait(5s);
  EXPECT_THAT(std::vector(plis_.begin(), plis_.begin() + 5), ElementsAre(0ms, 190ms, 530ms, 1020ms, 1660ms));
  EXPECT_LE(plis(), 9u);
  EXPECT_EQ(receiver_.stats().plis, plis());
}

TEST_F(ReceiverTest, ReorderingIsLearnedAndForgotten) {
  begin();
  for (int i = 0; i < 3; ++i) {
    const TestPicture picture = stream_.picture(false, 3);
    come(picture.packets[0]);
    come(picture.packets[2]);
    wait(4ms);
    come(picture.packets[1]);
    wait(20ms);
  }
  EXPECT_EQ(got_.size(), 3u);
  EXPECT_EQ(asked().size(), 1u);  // the first: then it was known that packets come 4 ms late
  EXPECT_EQ(receiver_.stats().repair.reordered, 3u);
  const TestPicture late = stream_.picture(false, 3);
  come_without(late, {1});
  EXPECT_THAT(asked(), IsEmpty());
  wait(6ms);
  EXPECT_EQ(asked().size(), 1u);  // and a lost one is asked for 5 ms after
  come(late.packets[1].repeat());
  wait(20s);
  start_ = now_;
  asked();
  come_without(stream_.picture(false, 3), {1});
  EXPECT_EQ(asked().size(), 1u);
}

TEST_F(ReceiverTest, TheLostEndOfAPictureIsAskedForBeforeTheNextOneComes) {
  begin();
  flow(10, 4);
  const TestPicture picture = stream_.picture(false, 4);
  come_without(picture, {3});
  wait(3ms);
  EXPECT_THAT(asked_, ElementsAre(std::pair(Nanos(3ms), picture.packets[3].header.sequence)));
  wait(20ms);
  come(picture.packets[3].repeat());
  EXPECT_THAT(got_, ElementsAre(picture.bytes));
}

TEST_F(ReceiverTest, ALostPictureOfOnePacketIsAskedForWhenItIsOverdue) {
  begin();
  flow(10, 1);
  const TestPicture lost = stream_.picture(false, 1);
  wait(4ms);
  EXPECT_THAT(asked_, ElementsAre(std::pair(Nanos(4ms), lost.packets[0].header.sequence)));
  wait(lab_interval - 4ms);
  const TestPicture next = stream_.picture(false, 1);
  come(next);  // shows the hole; but it was asked for 29 ms ago
  EXPECT_EQ(asked_.size(), 1u);
  wait(11ms);
  come(lost.packets[0].repeat());
  EXPECT_THAT(got_, ElementsAre(lost.bytes, next.bytes));
}

TEST_F(ReceiverTest, ACameraThatPausesIsNotAskedForEver) {
  begin();
  flow(10, 1);
  wait(10s);
  EXPECT_LE(asked().size(), 1u);
}

// What was asked for ahead of a pause is not given up when it shows to be missing after it.
TEST_F(ReceiverTest, ALossBehindAPauseIsRepaired) {
  begin();
  flow(10, 1);
  wait(2s);
  const TestPicture picture = stream_.picture(false, 3);
  come_without(picture, {0});
  wait(40ms);
  come(picture.packets[0].repeat());
  EXPECT_THAT(got_, ElementsAre(picture.bytes));
  EXPECT_EQ(plis(), 0u);
}

TEST_F(ReceiverTest, ARhythmThatFoolsUsCostsFewAsks) {
  begin();
  flow(10, 1);
  for (int i = 0; i < 300; ++i) {
    come(stream_.picture(false, 1));
    wait(i % 2 == 0 ? 20ms : 90ms);  // the time stamps say 33
  }
  EXPECT_LE(asked().size(), 8u + 300 * 55 * 4 / 1000);
  EXPECT_EQ(got_.size(), 300u);
}

TEST_F(ReceiverTest, DuplicatesChangeNothing) {
  begin();
  const TestPicture picture = stream_.picture(false, 3);
  for (int i = 0; i < 3; ++i) {
    come(picture.packets[0]);
    come(picture.packets[2]);
  }
  come(picture.packets[1].repeat());
  come(picture.packets[1].repeat());
  come(picture);
  EXPECT_THAT(got_, ElementsAre(picture.bytes));
  EXPECT_EQ(receiver_.stats().duplicates, 4u);
  EXPECT_EQ(receiver_.stats().late, 4u);
  EXPECT_EQ(receiver_.stats().streams, 1u);
}

// The loop was held up for half a second; the repeat lies in the socket when the timer fires.
TEST_F(ReceiverTest, AfterAStandstillTheSocketIsReadBeforeAnythingIsGivenUp) {
  begin();
  const TestPicture picture = stream_.picture(false, 3);
  come_without(picture, {1});
  asked();
  now_ += 500ms;
  step();
  EXPECT_EQ(plis(), 0u);
  EXPECT_THAT(asked(), IsEmpty());
  wait(1ms);
  come(picture.packets[1].repeat());
  EXPECT_THAT(got_, ElementsAre(picture.bytes));
}

TEST_F(ReceiverTest, TheDecoderMayDemandAKeyFrame) {
  begin();
  receiver_.need_keyframe();
  step();
  EXPECT_EQ(plis(), 1u);
  come(stream_.picture(false, 2));
  EXPECT_THAT(got_, IsEmpty());
  const TestPicture key = stream_.picture(true, 2);
  come(key);
  EXPECT_THAT(got_, ElementsAre(key.bytes));
}

TEST(ReceiverWithoutNack, AGapIsWaitedForOnlyAsReorderingNeeds) {
  Receiver receiver({.payload_types = {TestPacket::media_type}, .nack = false});
  TestStream stream(1, 1, 1);
  Timestamp now{std::chrono::hours(1)};
  std::vector<Bytes> got;
  bool pli = false;
  const auto step = [&] {
    ReceiverStep todo = receiver.step(now, lab_rtt, 0ms);
    EXPECT_THAT(todo.nack, IsEmpty());
    for (ReceivedFrame& frame : todo.frames) got.push_back(std::move(frame.bytes));
    pli = pli || todo.keyframe;
  };
  const auto come = [&](const TestPacket& packet) {
    packet.parsed([&](const Packet& parsed) { receiver.on_packet(parsed, now); });
    step();
  };
  for (const TestPacket& packet : stream.picture(true, 2).packets) come(packet);
  TestPicture picture = stream.picture(false, 3);
  come(picture.packets[0]);
  come(picture.packets[2]);
  now += 10ms;
  come(picture.packets[1]);
  EXPECT_EQ(got.size(), 2u);
  picture = stream.picture(false, 3);
  come(picture.packets[0]);
  come(picture.packets[2]);
  EXPECT_EQ(receiver.next_due(), now + 20ms);
  now += 20ms;
  step();
  EXPECT_TRUE(pli);
}

TEST(Requests, NackAndPliCarryBothSsrcs) {
  Bytes out;
  append_requests({.frames = {}, .nack = {5, 6, 9}, .keyframe = true}, 11, 22, out);
  const auto packets = parse_rtcp(out);
  ASSERT_TRUE(packets);
  EXPECT_THAT(*packets, ElementsAre(RtcpPacket(Nack{11, 22, {5, 6, 9}}), RtcpPacket(Pli{11, 22})));
  out.clear();
  append_requests({}, 11, 22, out);
  EXPECT_THAT(out, IsEmpty());
}

}  // namespace
}  // namespace bigfoot::rtp
