#include "server/viewer_delays.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

const protocol::ViewerReport known{"front", 84ms, false, 3ms};
const protocol::ViewerReport guessed{"front", 40ms, true, {}};

class ViewerDelaysTest : public ::testing::Test {
 protected:
  void after(Nanos span, bool online) {
    now_ += span;
    delays_.tick(now_, [&](const std::string&, const std::string& camera) { return online && camera == "front"; });
  }
  static std::string count_of(const std::string& name, const std::string& labels, int count) {
    return name + "_count{" + labels + "} " + std::to_string(count) + "\n";
  }

  telemetry::Metrics metrics_;
  ViewerDelays delays_{metrics_};
  Timestamp now_{1h};
};

TEST_F(ViewerDelaysTest, WhatIsKnownWellOrBadlyAndWhatIsGuessedAreCountedApart) {
  delays_.count("rover-7", known, now_);
  delays_.count("rover-7", known, now_);
  delays_.count("rover-7", guessed, now_);
  delays_.count("rover-7", {"front", 84ms, false, 20ms + 1ns}, now_);
  const std::string text = metrics_.exposition();
  const std::string glass = "bigfoot_glass_latency_seconds";
  EXPECT_THAT(text, HasSubstr(count_of(glass, R"(camera="front",estimated="weak",robot="rover-7")", 1)));
  EXPECT_THAT(text, HasSubstr(count_of(glass, R"(camera="front",estimated="false",robot="rover-7")", 2)));
  EXPECT_THAT(text, HasSubstr(count_of(glass, R"(camera="front",estimated="true",robot="rover-7")", 1)));
  EXPECT_THAT(text, HasSubstr(count_of("bigfoot_clock_error_seconds", R"(camera="front",robot="rover-7")", 3)));
  EXPECT_THAT(text, HasSubstr(R"(bigfoot_clock_error_seconds_sum{camera="front",robot="rover-7"} 0.026)"));
}

TEST_F(ViewerDelaysTest, WhereTheTimeWentIsCountedByTheStagesThatViewersTellOf) {
  protocol::ViewerReport told = known;
  told.stages = {{protocol::ViewerStage::network, 31ms}, {protocol::ViewerStage::decode, 2ms}};
  delays_.count("rover-7", told, now_);
  told.stages.erase(protocol::ViewerStage::network);
  delays_.count("rover-7", told, now_);
  delays_.count("rover-8", known, now_);
  const std::string stage = "bigfoot_viewer_stage_seconds";
  const std::string text = metrics_.exposition();
  EXPECT_THAT(text, HasSubstr(count_of(stage, R"(camera="front",robot="rover-7",stage="network")", 1)));
  EXPECT_THAT(text, HasSubstr(count_of(stage, R"(camera="front",robot="rover-7",stage="decode")", 2)));
  EXPECT_THAT(text, HasSubstr(stage + R"(_sum{camera="front",robot="rover-7",stage="network"} 0.031)"));
  EXPECT_THAT(text, Not(HasSubstr("display\""))) << "nobody told";
  EXPECT_THAT(text, Not(HasSubstr(stage + R"(_count{camera="front",robot="rover-8")")));
  after(ViewerDelays::kept + 1s, false);
  EXPECT_THAT(metrics_.exposition(), Not(HasSubstr("rover-7")));
}

TEST_F(ViewerDelaysTest, ARobotsSeriesEndFiveMinutesAfterItLeft) {
  delays_.count("rover-7", known, now_);
  after(1h, true);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("rover-7"));
  after(4min, false);
  after(1min, false);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("rover-7"));
  after(1s, false);
  EXPECT_THAT(metrics_.exposition(), Not(HasSubstr("rover-7")));
  delays_.count("rover-7", known, now_);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("rover-7")) << "it came back";
}

TEST_F(ViewerDelaysTest, SoDoThoseOfACameraThatItsRobotHasNoMore) {
  delays_.count("rover-7", known, now_);
  delays_.count("rover-7", {"rear", 84ms, false, 3ms}, now_);
  after(ViewerDelays::kept + 1s, true);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("front"));
  EXPECT_THAT(metrics_.exposition(), Not(HasSubstr("rear")));
}

TEST_F(ViewerDelaysTest, ARobotThatRenamesItsCamerasTakesNoPlacesOfOthers) {
  for (std::size_t i = 0; i < ViewerDelays::cameras_max; ++i)
    delays_.count("stranger", {"camera-" + std::to_string(i), 84ms, false, {}}, now_);
  delays_.count("rover-7", known, now_);
  const std::string text = metrics_.exposition();
  EXPECT_THAT(text, HasSubstr("rover-7"));
  EXPECT_THAT(text, HasSubstr("camera-" + std::to_string(ViewerDelays::cameras_of_robot_max - 1) + '"'));
  EXPECT_THAT(text, Not(HasSubstr("camera-" + std::to_string(ViewerDelays::cameras_of_robot_max) + '"')));
}

TEST_F(ViewerDelaysTest, NamesThatStrangersChooseDoNotFillTheMemory) {
  for (std::size_t i = 0; i < 2 * ViewerDelays::cameras_max; ++i)
    delays_.count("robot-" + std::to_string(i), guessed, now_);
  const std::string text = metrics_.exposition();
  EXPECT_THAT(text, HasSubstr("robot-" + std::to_string(ViewerDelays::cameras_max - 1) + '"'));
  EXPECT_THAT(text, Not(HasSubstr("robot-" + std::to_string(ViewerDelays::cameras_max) + '"')));
}

}  // namespace
}  // namespace bigfoot::server
