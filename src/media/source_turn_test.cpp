#include "media/source_turn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

TEST(SourceTurn, ReadsWhatIsWritten) {
  EXPECT_EQ(parse_rotate("270").value(), Rotate::by_270);
  EXPECT_EQ(parse_rotate("0").value(), Rotate::none);
  EXPECT_EQ(parse_flip("vertical").value(), Flip::vertical);
  EXPECT_EQ(parse_crop("320,180,640x360").value(), (Crop{320, 180, {640, 360}}));
  EXPECT_EQ(parse_crop("320,180,640x360")->text(), "320,180,640x360");
}

TEST(SourceTurn, WhatIsWrongAndWhatToWrite) {
  EXPECT_THAT(parse_rotate("45").error().fix, HasSubstr("90, 180 and 270"));
  EXPECT_THAT(parse_flip("both").error().fix, HasSubstr("rotate=180"));
  for (const char* wrong : {"", "1,2", "0,0", "1,0,640x360", "-2,0,640x360", "0,0,640", "0,0,641x360", "a,0,640x360",
                            "0,0,640x360,", "9000,0,640x360", "0 ,0,640x360"})
    EXPECT_THAT(parse_crop(wrong).error().fix, HasSubstr("LEFT,TOP,WIDTHxHEIGHT")) << wrong;
}

TEST(SourceTurn, OnlyAQuarterTurnSwapsTheSides) {
  Orientation turn;
  EXPECT_EQ(turn.turned({640, 360}), (Size{640, 360}));
  turn.rotate = Rotate::by_180;
  EXPECT_EQ(turn.turned({640, 360}), (Size{640, 360}));
  turn.rotate = Rotate::by_270;
  EXPECT_EQ(turn.turned({640, 360}), (Size{360, 640}));
}

TEST(SourceTurn, NothingToDoIsNoElement) {
  EXPECT_EQ(Orientation{}.crop_text({640, 360}), "");
  EXPECT_EQ(Orientation{}.flip_text(), "");
  EXPECT_EQ((Orientation{Crop{320, 180, {640, 360}}}.crop_text({1280, 720})),
            "videocrop left=320 top=180 right=320 bottom=180");
}

}  // namespace
}  // namespace bigfoot::media
