#include "latency/clock_answers.hpp"

#include <gtest/gtest.h>

#include "latency/clock_message.hpp"

namespace bigfoot::latency {
namespace {

class ClockAnswersTest : public ::testing::Test {
 protected:
  std::optional<ClockPong> ask(std::uint32_t id, Nanos turnaround = 0ns) {
    const Timestamp received = clock_.now();
    clock_.advance(turnaround);
    const auto answer = answers_.answer(write_clock_message(ClockPing{id}), received, clock_.now());
    if (!answer) return std::nullopt;
    return std::get<ClockPong>(read_clock_message(*answer).value());
  }

  FakeClock clock_;
  ClockAnswers answers_{rtp::WallOffset(clock_.now(), clock_.wall())};
};

TEST_F(ClockAnswersTest, SaysWhenThePingCameAndWhenTheAnswerLeft) {
  const PeerTime now = to_peer_time(clock_.wall());
  EXPECT_EQ(ask(7, 3ms), (ClockPong{7, now, now + 3ms}));
}

TEST_F(ClockAnswersTest, AWallClockThatIsSetMovesNoAnswer) {
  const PeerTime before = ask(1)->sent;
  clock_.step_wall(10s);
  clock_.advance(1s);
  EXPECT_EQ(ask(2)->sent, before + 1s);
}

TEST_F(ClockAnswersTest, WhatIsNoPingGetsNoAnswer) {
  const Bytes pong = write_clock_message(ClockPong{1, PeerTime(1h), PeerTime(1h)});
  EXPECT_FALSE(answers_.answer(pong, clock_.now(), clock_.now()));
  EXPECT_FALSE(answers_.answer({}, clock_.now(), clock_.now()));
}

TEST_F(ClockAnswersTest, AnHonestViewerAlwaysGetsItsAnswer) {
  for (int second = 0; second < 60; ++second) {
    for (int ping = 0; ping < 8; ++ping, clock_.advance(125ms)) EXPECT_TRUE(ask(1));
  }
}

TEST_F(ClockAnswersTest, AFloodGetsNoMoreThanTenASecond) {
  int answered = 0;
  for (int i = 0; i < 60'000; ++i, clock_.advance(1ms)) answered += ask(1) ? 1 : 0;
  EXPECT_GE(answered, 600);
  EXPECT_LE(answered, 600 + ClockAnswers::burst);
}

}  // namespace
}  // namespace bigfoot::latency
