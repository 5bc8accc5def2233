#include "server/backlog.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

protocol::FromServer end_of(const std::string& session) { return protocol::EndSession{session, std::nullopt, false}; }

TEST(Backlogs, GivesBackInOrderAndOnlyOnce) {
  Backlogs backlogs{{}};
  Pending side;
  for (const char* session : {"a", "b"}) ASSERT_TRUE(backlogs.keep(side, "rover-7", end_of(session)));
  const auto taken = backlogs.take(side, "rover-7");
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(std::get<protocol::EndSession>(taken[0]).session_id, "a");
  EXPECT_EQ(std::get<protocol::EndSession>(taken[1]).session_id, "b");
  EXPECT_TRUE(backlogs.take(side, "rover-7").empty());
}

TEST(Backlogs, EachLimitHoldsAndWhatIsTakenMakesRoom) {
  const auto fits = [](BacklogLimits limits, const std::string& robot) {
    Backlogs backlogs(limits);
    Pending one, two;
    std::size_t kept = 0;
    for (Pending* side : {&one, &two, &one, &two}) kept += backlogs.keep(*side, robot, end_of("s"));
    backlogs.take(one, robot);
    EXPECT_TRUE(backlogs.keep(one, robot, end_of("s")));
    return kept;
  };
  Backlogs measured{{}};
  Pending side;
  ASSERT_TRUE(measured.keep(side, "", end_of("s")));
  const std::size_t bytes = side.bytes;
  EXPECT_EQ(fits({}, "rover-7"), 4U);
  EXPECT_EQ(fits({.messages = 1}, "rover-7"), 2U);
  EXPECT_EQ(fits({.bytes = bytes}, "rover-7"), 2U);
  EXPECT_EQ(fits({.messages_per_robot = 3}, "rover-7"), 3U);
  EXPECT_EQ(fits({.bytes_per_robot = 3 * bytes}, "rover-7"), 3U);
  EXPECT_EQ(fits({.bytes_in_all = 3 * bytes}, "rover-7"), 3U);
  EXPECT_EQ(fits({.messages_per_robot = 3}, ""), 4U) << "viewers share no robot's limit";
}

TEST(Backlogs, ARenamedRobotTakesItsCountAlong) {
  Backlogs backlogs({.messages_per_robot = 1});
  Pending moved, other;
  ASSERT_TRUE(backlogs.keep(moved, "old", end_of("s")));
  backlogs.rename(moved, "old", "new");
  EXPECT_FALSE(backlogs.keep(other, "new", end_of("s")));
  EXPECT_TRUE(backlogs.keep(other, "old", end_of("s")));
  backlogs.take(moved, "new");
  Pending again;
  EXPECT_TRUE(backlogs.keep(again, "new", end_of("s")));
}

}  // namespace
}  // namespace bigfoot::server
