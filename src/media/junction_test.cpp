#include "media/junction.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using Fate = Junction::Fate;

struct JunctionTest : testing::Test {
  JunctionTest() { control->awake = true; }
  static h264::AccessUnit unit(std::uint8_t from, bool keyframe) {
    const auto bytes = std::make_shared<const Bytes>(1, from);
    h264::AccessUnit made;
    made.owner = bytes;
    made.bytes = *bytes;
    made.keyframe = keyframe;
    return made;
  }
  Fate source(bool keyframe = false) { return junction.passed(unit('s', keyframe)); }
  void encoder(bool keyframe = false) { junction.encoded(unit('e', keyframe)); }
  /// What came out since the last call, key frames in capitals.
  std::string out() { return std::exchange(out_, {}); }

  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::vector<std::uint64_t> numbers;
  std::vector<Timestamp> times;
  std::string out_;
  Junction junction{control, [this](const h264::AccessUnit& one) {
                      const char from = static_cast<char>(one.bytes[0]);
                      out_ += one.keyframe ? static_cast<char>(from - 'a' + 'A') : from;
                      numbers.push_back(one.number);
                      times.push_back(one.captured);
                    }};
};

TEST_F(JunctionTest, WithoutASourceOfItsOwnAllComesFromTheEncoder) {
  encoder(true);
  encoder();
  EXPECT_EQ(out(), "Ee");
  EXPECT_FALSE(junction.passes());
  EXPECT_FALSE(control->keyframe) << "nothing is asked for";
}

TEST_F(JunctionTest, TheSourceTakesOverWithItsKeyFrameAndTheEncoderIsSilentThen) {
  encoder(true);
  EXPECT_EQ(source(), Fate::stood_in_for) << "the placeholder stays until then";
  encoder();
  EXPECT_EQ(source(true), Fate::sent);
  EXPECT_TRUE(junction.passes());
  EXPECT_EQ(source(), Fate::sent);
  encoder();
  encoder(true);
  EXPECT_EQ(source(), Fate::sent);
  EXPECT_EQ(out(), "EeSss");
}

TEST_F(JunctionTest, ThePlaceholderTakesOverWithAKeyFrameThatIsAskedFor) {
  source(true);
  source();
  junction.let_encoder_in();
  EXPECT_TRUE(control->keyframe);
  EXPECT_EQ(source(), Fate::sent) << "the source may come back before the placeholder is there";
  encoder();
  encoder(true);
  EXPECT_FALSE(junction.passes());
  EXPECT_EQ(source(), Fate::stood_in_for);
  encoder();
  EXPECT_EQ(out(), "SssEe");
  source(true);
  EXPECT_EQ(out(), "S");
}

TEST_F(JunctionTest, AKeyFrameThatGotLostIsAskedForOnceMore) {
  source(true);
  junction.let_encoder_in();
  control->keyframe = false;  // the encoder that took it broke
  encoder();
  EXPECT_TRUE(control->keyframe);
}

TEST_F(JunctionTest, WhoComesWaitsForTheNextKeyFrameOfTheSource) {
  source(true);
  source();
  control->awake = false;
  EXPECT_EQ(source(), Fate::waits);
  EXPECT_EQ(source(true), Fate::waits);
  EXPECT_EQ(out(), "Ss");
  control->awake = true;
  EXPECT_EQ(source(), Fate::waits) << "nothing is wrong with it";
  EXPECT_EQ(out(), "");
  source(true);
  source();
  EXPECT_EQ(out(), "Ss");
}

TEST_F(JunctionTest, ASourceThatCameBackWhileNobodyWatchedNeedsNoPlaceholder) {
  encoder(true);
  control->awake = false;
  EXPECT_EQ(source(), Fate::waits);
  control->awake = true;
  encoder();
  encoder(true);
  EXPECT_EQ(source(), Fate::waits);
  EXPECT_EQ(out(), "E");
}

TEST_F(JunctionTest, WithoutASourceThatPassesTheEncoderGoesOnWithAKeyFrameWhetherSomebodyWatchesOrNot) {
  for (const bool awake : {true, false}) {
    SCOPED_TRACE(awake);
    control->awake = true;
    control->keyframe = false;
    source(true);
    control->awake = awake;
    source();
    EXPECT_TRUE(junction.passes());
    junction.end_passing();
    EXPECT_FALSE(junction.passes()) << "no viewer has to come first";
    EXPECT_TRUE(control->keyframe);
    control->awake = true;
    out();
    encoder();
    encoder(true);
    encoder();
    EXPECT_EQ(out(), "Ee") << "nothing refers to the source's pictures";
  }
}

TEST_F(JunctionTest, WhatWasToBeAPlaceholderIsNoPassingEither) {
  source(true);
  junction.let_encoder_in();
  control->awake = false;
  junction.end_passing();
  EXPECT_FALSE(junction.passes());
}

TEST_F(JunctionTest, TimeNeverGoesBackNorStandsStill) {
  const auto at = [&](char from, Timestamp captured, bool keyframe = false) {
    h264::AccessUnit one = unit(static_cast<std::uint8_t>(from), keyframe);
    one.captured = captured;
    one.encoded = captured + 80ms;
    from == 's' ? static_cast<void>(junction.passed(std::move(one))) : junction.encoded(std::move(one));
  };
  const Timestamp start{1h};
  at('e', start, true);
  at('s', start - 70ms, true);  // captured before the placeholder, came after it
  at('s', start - 37ms);
  at('s', start - 4ms);
  at('s', start + 29ms);
  EXPECT_THAT(times, ElementsAre(start, start + 1ms, start + 2ms, start + 3ms, start + 29ms)) << "its own time again";
  times.clear();
  junction.let_encoder_in();
  at('e', start + 60s, true);
  at('s', start + 40s, true);  // a source that counts its pictures lags by every silence
  at('s', start + 40s + 33ms);
  EXPECT_THAT(times, ElementsAre(start + 60s, start + 60s + 1ms, start + 60s + 2ms));
  times.clear();
  junction.let_encoder_in();
  at('e', start + 130s, true);
  h264::AccessUnit lagging = unit('s', true);
  lagging.captured = start + 41s;
  lagging.encoded = start + 131s;
  junction.passed(std::move(lagging));
  EXPECT_THAT(times, ElementsAre(start + 130s, start + 131s)) << "when it came";
}

TEST_F(JunctionTest, NumbersGoOnWithoutAGap) {
  encoder(true);
  source();
  source(true);
  encoder(true);
  source();
  junction.let_encoder_in();
  encoder();
  encoder(true);
  EXPECT_THAT(numbers, ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace bigfoot::media
