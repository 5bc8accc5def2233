#include "server/api.hpp"

#include <gtest/gtest.h>

#include "server/scripted_rooms.hpp"

namespace bigfoot::server {
namespace {

TEST(Api, ListsRobotsOnlineAndOffline) {
  ScriptedRooms rooms;
  EXPECT_EQ(robots_json(rooms.rooms()), "[]");
  rooms.robot("p1", "rover-7");
  rooms.robot("p2", R"(a\"b)");
  rooms.page("page");
  rooms.says("page", R"({"type":"startSession","peerId":"rover-7","client":"x"})");
  rooms.after(65s);
  rooms.leaves("p2");
  EXPECT_EQ(
      robots_json(rooms.rooms()),
      R"([{"name":"a\"b","online":false,"since":"2027-01-15T08:01:05Z","cameras":["front","rear"],"viewers":0},)"
      R"({"name":"rover-7","online":true,"since":"2027-01-15T08:00:00Z","cameras":["front","rear"],"viewers":1,"peerId":"p1"}])");
}

TEST(Api, SaysItsVersion) { EXPECT_EQ(version_json("1.2.3"), R"({"name":"bigfoot-server","version":"1.2.3"})"); }

}  // namespace
}  // namespace bigfoot::server
