#include "signaling/ice_links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::signaling {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(IceLinks, AreStunAndTurnServers) {
  EXPECT_THAT(parse_ice_links("<stun:stun.example.org>; rel=\"ice-server\""),
              ElementsAre(IceLink{"stun:stun.example.org", "", ""}));
  EXPECT_THAT(parse_ice_links("<turn:turn.example.org:3478?transport=udp>; rel=\"ice-server\"; username=\"17:me\"; "
                              "credential=\"a\\\"b;c,d\"; credential-type=\"password\""),
              ElementsAre(IceLink{"turn:turn.example.org:3478?transport=udp", "17:me", "a\"b;c,d"}));
}

TEST(IceLinks, ComeSeveralInOneHeaderAndInAnySpelling) {
  EXPECT_THAT(
      parse_ice_links("<stun:a>;REL=ice-server , <https://x>; rel=\"next\",<TURN:b>; rel=Ice-Server;username=u"),
      ElementsAre(IceLink{"stun:a", "", ""}, IceLink{"TURN:b", "u", ""}));
}

TEST(IceLinks, LeaveOutWhatIsMalformed) {
  EXPECT_THAT(parse_ice_links(""), IsEmpty());
  EXPECT_THAT(parse_ice_links("stun:a; rel=\"ice-server\""), IsEmpty());
  EXPECT_THAT(parse_ice_links("<stun:a"), IsEmpty());
  EXPECT_THAT(parse_ice_links("<stun:a>; rel=\"ice-server"), IsEmpty());
  EXPECT_THAT(parse_ice_links("<stun:>; rel=\"ice-server\""), IsEmpty());
  EXPECT_THAT(parse_ice_links("<http://a>; rel=\"ice-server\""), IsEmpty());
  EXPECT_THAT(parse_ice_links("nonsense, <stun:a>; rel=\"ice-server\""), ElementsAre(IceLink{"stun:a", "", ""}));
  std::string many = "<stun:a>; rel=\"ice-server\"";
  for (int i = 0; i < 20; ++i) many += ", <stun:a>; rel=\"ice-server\"";
  EXPECT_THAT(parse_ice_links(many), SizeIs(8));
  EXPECT_THAT(parse_ice_links(many, 3), SizeIs(3));
  EXPECT_THAT(parse_ice_links(many, 0), IsEmpty());
}

}  // namespace
}  // namespace bigfoot::signaling
