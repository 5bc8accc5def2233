#include "server/ice_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

TEST(IceServerLink, IsWrittenAsRfc9725Shows) {
  EXPECT_EQ(parse_ice_link("stun:stun.example.net").value().header, R"(<stun:stun.example.net>; rel="ice-server")");
  EXPECT_EQ(
      parse_ice_link("turn:user:my@pass\"word@turn.example.net?transport=udp").value().header,
      R"(<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="my@pass\"word"; credential-type="password")");
}

TEST(IceServerLink, UsersOfTheRestSchemeHoldAColon) {
  EXPECT_THAT(parse_ice_link("turn:1700000000:rover-7:aGk=@turn.example.net").value().header,
              testing::HasSubstr(R"(username="1700000000:rover-7"; credential="aGk=")"));
}

TEST(IceServerLink, RefusesWhatWouldNotWork) {
  for (const char* url : {"http://x", "", "turn:turn.example.net", "turn::secret@x", "stun:a b", "stun:a>\r\nX: y"}) {
    const auto link = parse_ice_link(url);
    EXPECT_FALSE(link) << url;
  }
}

}  // namespace
}  // namespace bigfoot::server
