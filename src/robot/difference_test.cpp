#include "robot/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RobotOptions options_of(const std::string& yaml) {
  RobotOptions options;
  config::Table table = robot_table(options);
  EXPECT_THAT(table.set_from_file(config::parse_yaml(yaml, "r.yaml").root), IsEmpty());
  EXPECT_THAT(complete(options, "r"), IsEmpty());
  return options;
}

TEST(Difference, OfTheSameThereIsNone) {
  const std::string same = "cameras: {front: {source: \"test:\", bitrate: 1M}}\nmax_viewers: 3\n";
  const auto found = difference(options_of(same), options_of(same));
  EXPECT_THAT(found.live, IsEmpty());
  EXPECT_THAT(found.restart, IsEmpty());
  EXPECT_THAT(found.cameras, IsEmpty());
}

TEST(Difference, WhatARunningRobotTakesAndWhatItDoesNot) {
  const auto found = difference(
      options_of("server: ws://a\nbitrate: 1M\nmax_viewers: 3\ncameras: {front: \"test:\", rear: {source: \"test:\", "
                 "bitrate: 3M}, left: \"test:\"}\n"),
      options_of("server: ws://b\nbitrate: 2M\nmax_viewers: 4\ncameras: {front: {source: \"test:\", rotate: 90}, rear: "
                 "{source: \"test:\", bitrate: 3M}, up: \"test:\"}\nlog: {level: debug, format: json}\n"));
  EXPECT_THAT(found.live, ElementsAre(KeyChange{"max_viewers", "3", "4"}, KeyChange{"log.level", "info", "debug"},
                                      KeyChange{"cameras.front.bitrate", "1M", "2M"},
                                      KeyChange{"cameras.front.rotate", "0", "90"}));
  EXPECT_THAT(found.restart,
              ElementsAre(KeyChange{"server", "ws://a", "ws://b"}, KeyChange{"log.format", "text", "json"},
                          KeyChange{"cameras.up", "", "added"}, KeyChange{"cameras.left", "", "taken out"}));
  EXPECT_THAT(found.cameras, ElementsAre("front"));
}

TEST(Difference, AnotherSecretIsSeenAndNotShown) {
  const auto found = difference(options_of("cameras: {front: \"rtsp://me:one@cam/a\"}\n"
                                           "ice: {servers: [\"turn:u:one@192.0.2.1\"]}\n"),
                                options_of("cameras: {front: \"rtsp://me:two@cam/a\"}\n"
                                           "ice: {servers: [\"turn:u:two@192.0.2.1\"]}\n"));
  ASSERT_EQ(found.live.size(), 1u);
  EXPECT_EQ(found.live[0].key, "cameras.front.source");
  EXPECT_EQ(found.live[0].is.find("two"), std::string::npos);
  EXPECT_THAT(found.restart, ElementsAre(KeyChange{"ice.servers", "turn:192.0.2.1", "turn:192.0.2.1"}));
}

}  // namespace
}  // namespace bigfoot::robot
