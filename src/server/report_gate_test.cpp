#include "server/report_gate.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

const std::vector<std::string> cameras{"front", "rear"};

TEST(ReportGate, OneASecondOfEachCameraOfTheRobotCounts) {
  ReportGate gate;
  Timestamp now{1h};
  EXPECT_TRUE(gate.admit("front", cameras, now));
  EXPECT_TRUE(gate.admit("rear", cameras, now));
  EXPECT_FALSE(gate.admit("left", cameras, now));
  EXPECT_FALSE(gate.admit("front", cameras, now + 999ms));
  EXPECT_TRUE(gate.admit("front", cameras, now + 1s)) << "what came too soon puts off nothing";
}

TEST(ReportGate, ARobotThatRenamesItsCamerasForEverFillsNoMemory) {
  ReportGate gate;
  Timestamp now{1h};
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i, now += 5ms) {  // as often as messages may come
    const std::string name = "camera-" + std::to_string(i);
    EXPECT_TRUE(gate.admit(name, {name}, now));
    most = std::max(most, gate.remembered());
  }
  EXPECT_LE(most, 201u) << "what a second can bring";
}

}  // namespace
}  // namespace bigfoot::server
