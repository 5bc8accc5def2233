#include "server/held_news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/codec.hpp"

namespace bigfoot::server {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Known = HeldNews::Known;

std::shared_ptr<const protocol::PeerStatusChanged> news(const std::string& about, const std::string& name) {
  protocol::PeerStatusChanged status;
  status.peer_id = about;
  if (!name.empty()) status.roles = {protocol::Role::producer};
  status.meta = protocol::name_only(name);
  return std::make_shared<protocol::PeerStatusChanged>(status);
}

std::vector<std::string> names(const std::vector<protocol::PeerStatusChanged>& all) {
  std::vector<std::string> list;
  list.reserve(all.size());
  for (const auto& each : all) list.push_back(*each.peer_id + ":" + (each.roles.empty() ? "gone" : each.meta.name));
  return list;
}

TEST(HeldNews, OfEachPeerTheNewestInTheOrderOfTheChanges) {
  HeldNews held;
  for (int i = 0; i < 100; ++i) held.hold("eye", news("a", "a" + std::to_string(i)), Known::yes);
  held.hold("eye", news("b", "b"), Known::no);
  held.hold("other", news("a", "else"), Known::yes);
  held.hold("eye", news("a", "last"), Known::yes);
  EXPECT_TRUE(held.waits("eye"));
  EXPECT_THAT(names(held.take("eye")), ElementsAre("b:b", "a:last"));
  EXPECT_FALSE(held.waits("eye"));
  EXPECT_THAT(held.take("eye"), IsEmpty());
  EXPECT_THAT(held.listeners(), ElementsAre("other"));
  held.forget("other");
  EXPECT_FALSE(held.waits("other"));
}

TEST(HeldNews, OfOneThatCameAndLeftMeanwhileNothingAndOfOneThatWasKnownTheEnd) {
  HeldNews held;
  held.hold("eye", news("brief", "x"), Known::no);
  held.hold("eye", news("brief", ""), Known::yes);
  EXPECT_FALSE(held.waits("eye"));
  held.hold("eye", news("old", "y"), Known::yes);
  held.hold("eye", news("old", ""), Known::yes);
  EXPECT_THAT(names(held.take("eye")), ElementsAre("old:gone"));
}

TEST(HeldNews, HoldsSoManyPeersAndNoMore) {
  HeldNews held({.peers_per_listener = 2});
  EXPECT_TRUE(held.hold("eye", news("a", "a"), Known::yes));
  EXPECT_TRUE(held.hold("eye", news("b", "b"), Known::yes));
  EXPECT_FALSE(held.hold("eye", news("c", "c"), Known::yes));
  EXPECT_TRUE(held.hold("eye", news("a", "a2"), Known::yes));
  EXPECT_THAT(names(held.take("eye")), ElementsAre("b:b", "a:a2"));
}

TEST(HeldNews, GivesBackWhatAQueueTakesAtOnce) {
  HeldNews held({.take_messages = 3, .take_bytes = 100});
  for (const char* about : {"a", "b", "c", "d"}) held.hold("eye", news(about, about), Known::yes);
  EXPECT_THAT(names(held.take("eye")), ElementsAre("a:a", "b:b", "c:c"));
  EXPECT_THAT(names(held.take("eye")), ElementsAre("d:d"));
  const std::string large(80, 'x');
  held.hold("eye", news("a", large + large), Known::yes);  // larger than all that may be: alone
  held.hold("eye", news("b", large), Known::yes);
  EXPECT_THAT(names(held.take("eye")), ElementsAre("a:" + large + large));
  EXPECT_THAT(names(held.take("eye")), ElementsAre("b:" + large));
}

}  // namespace
}  // namespace bigfoot::server
