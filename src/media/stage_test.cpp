#include "media/stage.hpp"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct StageTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  static ImagePtr image() { return std::make_shared<const Image>(gst::adopt(gst_buffer_new()), nullptr); }
  Stage stage{{"front", "rear"}};
};

TEST_F(StageTest, GivesWhatIsNewestAndSaysWhoseItIs) {
  const auto window = stage.open();
  stage.set_picture(1, image(), 5);
  stage.set_picture(1, image(), 6);
  auto content = stage.take(window, 20s);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->tiles[0].image, nullptr);
  EXPECT_EQ(content->tiles[1].id, 6u);
  EXPECT_THAT(content->fresh, ElementsAre(1u));
  EXPECT_EQ(stage.overtaken(), 1u);
  stage.set_overlay(0, {{"30 fps"}});
  content = stage.take(window, 20s);
  EXPECT_THAT(content->fresh, IsEmpty()) << "the picture is the one before";
  EXPECT_EQ(content->tiles[1].id, 6u);
  EXPECT_EQ(content->tiles[0].overlay.size(), 1u);
}

TEST_F(StageTest, ATimeThatIsToldIsTakenAgainAndAgain) {
  const auto window = stage.open();
  stage.set_notice(0, Notice{"FROZEN", "", Tone::alarm, Timestamp{1s}});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(stage.take(window, 20s));
}

TEST_F(StageTest, WhoWaitsLongerThanItWantedIsToldThatNothingIsNew) {
  const auto window = stage.open();
  EXPECT_TRUE(stage.take(window, 1ms)->same);
  stage.set_picture(0, image(), 1);
  EXPECT_FALSE(stage.take(window, 1ms)->same);
  EXPECT_TRUE(stage.take(window, 1ms)->same);
  stage.wake();
  EXPECT_TRUE(stage.take(window, 20s)->same);
}

TEST_F(StageTest, WhoWaitsIsWokenByTheEnd) {
  const auto window = stage.open();
  auto taken = std::async(std::launch::async, [&] { return stage.take(window, 20s).has_value(); });
  stage.close(window);
  EXPECT_FALSE(taken.get());
}

/// One that hangs in its sink comes back when another has taken its place.
TEST_F(StageTest, AnotherWindowGetsAllThereIsAndTheOneBeforeNothing) {
  const auto before = stage.open();
  stage.set_picture(0, image(), 1);
  ASSERT_TRUE(stage.take(before, 20s));
  const auto after = stage.open();
  EXPECT_FALSE(stage.take(before, 20s));
  stage.close(before);
  const auto content = stage.take(after, 20s);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->tiles[0].id, 1u);
}

}  // namespace
}  // namespace bigfoot::media
