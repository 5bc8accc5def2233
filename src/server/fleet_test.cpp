#include "server/fleet.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

constexpr WallTime start{std::chrono::seconds(1'800'000'000)};

TEST(Fleet, RemembersSinceWhenARobotIsThereOrGone) {
  Fleet fleet(10);
  fleet.came("rover", "p1", {"front"}, start);
  fleet.came("rover", "p1", {"front", "rear"}, start + 5s);
  EXPECT_EQ(fleet.find("rover")->since, start);
  EXPECT_EQ(fleet.find("rover")->cameras.size(), 2U);
  fleet.left("rover", "p1", start + 9s);
  EXPECT_FALSE(fleet.find("rover")->online);
  EXPECT_EQ(fleet.find("rover")->since, start + 9s);
  EXPECT_EQ(fleet.find("rover")->peer_id, "");
  EXPECT_EQ(fleet.find("stranger"), nullptr);
}

TEST(Fleet, AReplacedSocketThatDiesLaterChangesNothing) {
  Fleet fleet(10);
  fleet.came("rover", "old", {}, start);
  fleet.came("rover", "new", {}, start + 1s);
  fleet.left("rover", "old", start + 2s);
  EXPECT_TRUE(fleet.find("rover")->online);
}

TEST(Fleet, ANameIsForgottenOnlyForThePeerThatHadItLast) {
  Fleet fleet(10);
  fleet.came("rover", "old", {}, start);
  fleet.came("rover", "new", {}, start + 1s);
  fleet.forget("rover", "old");
  EXPECT_NE(fleet.find("rover"), nullptr);
  fleet.left("rover", "new", start + 2s);
  fleet.forget("stranger", "new");
  fleet.forget("rover", "new");
  EXPECT_EQ(fleet.find("rover"), nullptr);
}

TEST(Fleet, ForgetsTheLongestOfflineFirstAndNeverOneThatIsOnline) {
  Fleet fleet(3);
  fleet.came("online", "p0", {}, start);
  for (const char* name : {"a", "b"}) {
    fleet.came(name, name, {}, start + 1s);
    fleet.left(name, name, start + (*name == 'a' ? 9s : 5s));
  }
  fleet.came("new", "p1", {}, start + 10s);
  EXPECT_EQ(fleet.find("b"), nullptr);
  EXPECT_NE(fleet.find("a"), nullptr);
  EXPECT_NE(fleet.find("online"), nullptr);
  EXPECT_EQ(fleet.robots().size(), 3U);
}

}  // namespace
}  // namespace bigfoot::server
