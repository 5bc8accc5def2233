#include "server/ice_link.hpp"

#include <gtest/gtest.h>

namespace bigfoot::server {
namespace {

std::string header_of(const char* url) { return ice_link(config::read_ice_url(url).value()).header; }

TEST(IceServerLink, IsWrittenAsRfc9725Shows) {
  EXPECT_EQ(header_of("stun:stun.example.net"), R"(<stun:stun.example.net>; rel="ice-server")");
  EXPECT_EQ(
      header_of("turn:user:my@pass\"word@turn.example.net?transport=udp"),
      R"(<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="my@pass\"word"; credential-type="password")");
}

}  // namespace
}  // namespace bigfoot::server
