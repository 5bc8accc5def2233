#include "robot/camera_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

using protocol::Setting;
using testing::Contains;
using testing::IsEmpty;

CameraOption camera_of(const std::string& yaml) {
  RobotOptions options;
  config::Table table = robot_table(options);
  EXPECT_THAT(table.set_from_file(config::parse_yaml("cameras: {front: " + yaml + "}\n", "r.yaml").root), IsEmpty());
  EXPECT_THAT(complete(options, "r"), IsEmpty());
  return options.cameras.at(0);
}

TEST(CameraValues, FlatKeysBecomeATreeAsAFileHasIt) {
  const config::YamlNode tree = tree_of({{"size", "1x1"}, {"controls.a", "1"}, {"controls.b", "2"}, {"size", "2x2"}});
  ASSERT_EQ(tree.entries.size(), 2u);
  EXPECT_EQ(tree.entries[0].value.word, "2x2") << "the last of two";
  EXPECT_EQ(tree.entries[1].value.kind, config::YamlKind::map);
  EXPECT_EQ(tree.entries[1].value.entries[1].value.word, "2");
}

TEST(CameraValues, EveryKeyIsSaidWithItsControlsOneByOne) {
  const auto values = values_of(camera_of("{source: \"v4l2:/dev/video9\", size: 640x360, controls: {brightness: 5}}"));
  EXPECT_EQ(values.size(), 11u);
  EXPECT_THAT(values, Contains(Setting{"size", "640x360"}));
  EXPECT_THAT(values, Contains(Setting{"source", "v4l2:/dev/video9"}));
  EXPECT_THAT(values, Contains(Setting{"rotate", "0"}));
  EXPECT_THAT(values, Contains(Setting{"controls.brightness", "5"}));
}

TEST(CameraValues, ABitRateWithBoundsIsSaidInItsParts) {
  const auto values = values_of(camera_of("{source: \"test:\", bitrate: {min: 300k, start: 1M}}"));
  EXPECT_THAT(values, Contains(Setting{"bitrate.min", "300k"}));
  EXPECT_THAT(values, Contains(Setting{"bitrate.start", "1M"}));
  EXPECT_THAT(values, Contains(Setting{"bitrate.max", "50M"}));
}

TEST(CameraValues, WhatIsTheRobotsOwnDoesNotLeaveIt) {
  EXPECT_THAT(values_of(camera_of("\"gst:souphttpsrc user-pw=s3cret ! decodebin\"")),
              Contains(Setting{"source", "gst:"}));
  EXPECT_THAT(values_of(camera_of("{source: \"file:/home/me/a.mp4\", encoder: \"gst:x264enc\"}")),
              testing::AllOf(Contains(Setting{"source", "file:"}), Contains(Setting{"encoder", "gst:"})));
  for (const Setting& setting : values_of(camera_of("\"rtsp://me:s3cret@cam/a\"")))
    EXPECT_EQ(setting.value.find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace bigfoot::robot
