#include "signaling/reach.hpp"

#include <gio/gio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/gobject.hpp"

namespace bigfoot::signaling {
namespace {

Reach reach_of_text(const char* text) {
  const auto address = GRef<GInetAddress>::adopt(g_inet_address_new_from_string(text));
  EXPECT_TRUE(address) << text;
  return address ? reach_of(address.get()) : Reach::world;
}

TEST(Reach, OfEveryKindOfAddress) {
  const std::pair<Reach, std::vector<const char*>> rows[] = {
      {Reach::machine,
       {"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
        "::ffff:0.0.0.0", "64:ff9b::127.0.0.1"}},
      {Reach::network,
       {"10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.168.0.1", "192.168.255.255", "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::192.168.1.1"}},
      {Reach::world,
       {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "128.0.0.1", "126.255.255.255",
        "169.253.255.255", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1", "203.0.113.9",
        "2001:db8::1", "2606:4700::1", "fb00::1", "::ffff:203.0.113.9", "64:ff9b::203.0.113.9", "64:ff9b:1::10.0.0.1"}},
  };
  for (const auto& [reach, addresses] : rows)
    for (const char* address : addresses) EXPECT_EQ(reach_of_text(address), reach) << address;
}

TEST(Reach, FurtherInIsMore) {
  EXPECT_LT(Reach::world, Reach::network);
  EXPECT_LT(Reach::network, Reach::machine);
}

TEST(Reach, OfWhatIsNoAddressIsNotKnown) {
  EXPECT_EQ(reach_of(static_cast<GSocketAddress*>(nullptr)), std::nullopt);
  const auto address = GRef<GSocketAddress>::adopt(g_inet_socket_address_new_from_string("127.0.0.1", 80));
  EXPECT_EQ(reach_of(address.get()), Reach::machine);
}

}  // namespace
}  // namespace bigfoot::signaling
