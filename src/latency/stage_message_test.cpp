#include "latency/stage_message.hpp"

#include <gtest/gtest.h>

#include "latency/clock_message.hpp"

namespace bigfoot::latency {
namespace {

const StagesAnswer answer{7, {{1, {5ms, 33ms}, {3600us, 4100us}, {12us, 90us}}, {0, {}, {}, {1us, 1us}}}};

TEST(StageMessage, WhatIsWrittenIsRead) {
  EXPECT_EQ(read_stages_question(write_stages_question({4'294'967'295})), StagesQuestion{4'294'967'295});
  EXPECT_EQ(read_stages_answer(write_stages_answer(answer)), answer);
  EXPECT_EQ(read_stages_answer(write_stages_answer({1, {}})), (StagesAnswer{1, {}}));
}

TEST(StageMessage, TheBytesAreThoseOfTheDocument) {
  EXPECT_EQ(write_stages_question({258}), (Bytes{3, 0, 0, 1, 2}));
  const Bytes bytes = write_stages_answer({1, {{2, {1us, 2us}, {3us, 4us}, {5us, 256us}}}});
  EXPECT_EQ(bytes,
            (Bytes{4, 0, 0, 0, 1, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 1, 0}));
}

TEST(StageMessage, NoPrefixIsReadAndALaterVersionIs) {
  Bytes bytes = write_stages_answer(answer);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_stages_answer(BytesView(bytes).first(size))) << size;
  bytes.push_back(9);
  EXPECT_EQ(read_stages_answer(bytes), answer);
}

TEST(StageMessage, WhatCannotBeIsHeldWithinOrNotRead) {
  const auto read = read_stages_answer(write_stages_answer({1, {{0, {-1ms, 2h}, {}, {}}}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cameras[0].capture, (StageTime{0us, Micros(4'294'967'295)}));
  EXPECT_FALSE(read_stages_answer(write_stages_answer({1, {{0, {2ms, 1ms}, {}, {}}}})));
  EXPECT_EQ(read_stages_answer(write_stages_answer({1, std::vector<SenderStages>(20)}))->cameras.size(),
            stages_cameras_max);
}

TEST(StageMessage, TheClockTakesItForNothing) {
  EXPECT_FALSE(read_clock_message(write_stages_answer(answer)));
  EXPECT_FALSE(read_clock_message(write_stages_question({1})));
  EXPECT_FALSE(read_stages_question(write_clock_message(ClockPing{1})));
  EXPECT_FALSE(read_stages_answer(write_clock_message(ClockPong{1, PeerTime(1h), PeerTime(1h)})));
}

}  // namespace
}  // namespace bigfoot::latency
