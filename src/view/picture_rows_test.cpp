#include "view/picture_rows.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bigfoot::view {
namespace {

using nlohmann::json;

const Timestamp captured{1h};
/// The viewer's time of day at `captured`.
const WallTime midnight{Seconds(1'800'000'000)};

/// Drawn 1 ms before the capture time that its sender writes.
media::Stamp drawn(std::uint32_t frame) { return {frame, std::chrono::floor<Micros>(midnight - 1ms), 7}; }

ShownPicture picture(Nanos reported) {
  return {captured,
          captured + 10ms,
          captured + 12ms,
          captured + 13ms,
          captured + 15ms,
          captured + 16ms,
          latency::Delay{reported, 1ms, false}};
}

TEST(PictureRows, APictureThatWasShownTellsEachStageAndBothDelays) {
  PictureRows rows;
  rows.whole({1, true, 9, 2, 2ms, 12ms});
  rows.stamped(1, drawn(70));
  rows.shown(1, picture(16ms), midnight + 16ms);
  const json told = json::parse(rows.take());
  const json expected = {{"id", 1},         {"keyframe", true},  {"packets", 9},       {"repaired", 2},
                         {"stamp", 70},     {"whole_ms", 12.0},  {"arrival_ms", 10.0}, {"reassembly_ms", 2.0},
                         {"wait_ms", 1.0},  {"decode_ms", 2.0},  {"display_ms", 1.0},  {"delay_ms", 16.0},
                         {"error_ms", 1.0}, {"stamped_ms", 17.0}};
  EXPECT_EQ(told.at("pictures"), json::array({expected}));
  EXPECT_EQ(told.at("stamped"), json({{"p50_ms", 17.0}, {"p95_ms", 17.0}}));
  EXPECT_EQ(told.at("difference"), json({{"p50_ms", -1.0}, {"apart_p95_ms", 1.0}}));
}

TEST(PictureRows, OneThatAnotherOvertookHasARowButNoTimes) {
  PictureRows rows;
  for (const std::uint64_t id : {1, 2, 3}) rows.whole({id, false, 9, 0, 2ms});
  rows.stamped(1, drawn(1));
  rows.stamped(2, drawn(2));
  rows.shown(2, picture(16ms), midnight + 16ms);
  const json told = json::parse(rows.take());
  ASSERT_EQ(told.at("pictures").size(), 2u) << "the third may still be shown";
  EXPECT_EQ(
      told.at("pictures")[0],
      json({{"id", 1}, {"keyframe", false}, {"packets", 9}, {"repaired", 0}, {"stamp", 1}, {"reassembly_ms", 2.0}}));
  EXPECT_TRUE(told.at("pictures")[1].contains("stamped_ms"));
  rows.shown(3, picture(16ms), midnight + 16ms);
  EXPECT_EQ(json::parse(rows.take()).at("pictures")[0].at("id"), 3);
}

TEST(PictureRows, WithoutStampOrClockThereIsNothingToCompare) {
  PictureRows rows;
  ShownPicture unknown = picture(16ms);
  unknown.captured.reset();
  unknown.delay.reset();
  rows.whole({1, false, 1, 0, 0ms});
  rows.stamped(1, {});
  rows.shown(1, unknown, midnight);
  rows.whole({2, false, 1, 0, 0ms});
  rows.stamped(2, drawn(2));
  rows.shown(2, unknown, midnight + 9ms);
  const json told = json::parse(rows.take());
  EXPECT_FALSE(told.at("pictures")[0].contains("stamped_ms"));
  EXPECT_FALSE(told.at("pictures")[0].contains("delay_ms"));
  EXPECT_EQ(told.at("pictures")[1].at("stamped_ms"), 10.0);
  EXPECT_FALSE(told.contains("difference"));
  EXPECT_EQ(json::parse(rows.take()), json({{"pictures", json::array()}}));
}

TEST(PictureRows, AFrozenScreenForgetsTheOldest) {
  PictureRows rows;
  for (std::uint64_t id = 1; id <= 3000; ++id) rows.whole({id, false, 1, 0, 0ms});
  rows.shown(1, picture(1ms), midnight);  // forgotten: nothing happens
  rows.shown(3000, picture(1ms), midnight);
  const json told = json::parse(rows.take());
  EXPECT_EQ(told.at("pictures").size(), 1024u);
  EXPECT_EQ(told.at("pictures").back().at("id"), 3000);
}

}  // namespace
}  // namespace bigfoot::view
