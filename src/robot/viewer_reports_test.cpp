#include "robot/viewer_reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

using testing::Eq;
using testing::Optional;

TEST(ViewerReports, CountForTheCamerasOfTheSessionOnly) {
  FakeClock clock;
  ViewerReports reports({"front", "rear"});
  EXPECT_THAT(reports.admit("front", clock.now()), Optional(0U));
  EXPECT_THAT(reports.admit("rear", clock.now()), Optional(1U));
  for (const char* stranger : {"top", "", "fron", "front ", "FRONT"})
    EXPECT_THAT(reports.admit(stranger, clock.now()), Eq(std::nullopt)) << stranger;
}

TEST(ViewerReports, CountOnceASecondAndCamera) {
  FakeClock clock;
  ViewerReports reports({"front", "rear"});
  int counted = 0;
  for (int i = 0; i < 1000; ++i, clock.advance(10ms)) counted += reports.admit("front", clock.now()) ? 1 : 0;
  EXPECT_EQ(counted, 10) << "100 a second for ten seconds";
  EXPECT_TRUE(reports.admit("rear", clock.now())) << "one camera's flood does not silence another";
}

TEST(ViewerReports, WhatCameTooSoonDoesNotPutOffTheNext) {
  FakeClock clock;
  ViewerReports reports({"front"});
  EXPECT_TRUE(reports.admit("front", clock.now()));
  clock.advance(999ms);
  EXPECT_FALSE(reports.admit("front", clock.now()));
  clock.advance(1ms);
  EXPECT_TRUE(reports.admit("front", clock.now()));
}

}  // namespace
}  // namespace bigfoot::robot
