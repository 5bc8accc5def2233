#include "view/sender_stages.hpp"

#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

constexpr Timestamp start{1h};

Bytes answer_to(const Bytes& question, Nanos encode) {
  const auto id = latency::read_stages_question(question).value().id;
  return latency::write_stages_answer({id, {{2, {}, {encode, encode}, {}}}});
}

TEST(SenderStages, AreAskedForOnceASecondAndKnownByMLine) {
  SenderStages stages;
  const auto question = stages.ask(start);
  ASSERT_TRUE(question);
  EXPECT_FALSE(stages.ask(start + 999ms));
  EXPECT_FALSE(stages.of(2, start));
  stages.on_message(answer_to(*question, 4ms), start + 1ms);
  EXPECT_EQ(stages.of(2, start + 1s)->encode.p50, 4ms);
  EXPECT_FALSE(stages.of(0, start + 1s));
  EXPECT_FALSE(stages.of(2, start + 6s)) << "it fell silent";
}

TEST(SenderStages, OnlyTheAnswerToTheLatestQuestionCounts) {
  SenderStages stages;
  stages.on_message(latency::write_stages_answer({0, {{2, {}, {}, {}}}}), start);
  EXPECT_FALSE(stages.of(2, start)) << "nothing was asked";
  const auto first = stages.ask(start);
  const auto second = stages.ask(start + 1s);
  stages.on_message(answer_to(*second, 4ms), start + 1s);
  stages.on_message(answer_to(*first, 9ms), start + 1s);
  stages.on_message(Bytes{4, 0}, start + 1s);
  EXPECT_EQ(stages.of(2, start + 1s)->encode.p50, 4ms);
}

}  // namespace
}  // namespace bigfoot::view
