#include "transport/address_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glib_loop.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AddressWatch, SaysWhatCameAndWhatWent) {
  const std::vector<LocalAddress> wifi = {{"wlan0", "192.168.1.5"}};
  const std::vector<LocalAddress> lte = {{"wwan0", "10.1.2.3"}};
  const AddressChange change = compare({wifi, {}}, {lte, {}});
  EXPECT_THAT(change.added, ElementsAre(lte[0]));
  EXPECT_THAT(change.removed, ElementsAre(wifi[0]));
  EXPECT_FALSE(compare({wifi, {}}, {wifi, {}}).any());
}

TEST(AddressWatch, SaysWhenTheDefaultRouteMovesThoughAllAddressesStay) {
  const std::vector<LocalAddress> both = {{"wlan0", "192.168.1.5"}, {"wwan0", "10.1.2.3"}};
  const AddressChange change = compare({both, {"192.168.1.5"}}, {both, {"10.1.2.3"}});
  EXPECT_TRUE(change.any());
  EXPECT_THAT(change.added, IsEmpty());
  EXPECT_THAT(change.removed, IsEmpty());
  EXPECT_THAT(change.routed, ElementsAre("10.1.2.3"));
  EXPECT_THAT(change.unrouted, ElementsAre("192.168.1.5"));
}

TEST(AddressWatch, ARouteThatComesAfterItsAddressIsNewsToo) {
  const std::vector<LocalAddress> lte = {{"wwan0", "10.1.2.3"}};
  const AddressChange change = compare({lte, {}}, {lte, {"10.1.2.3"}});
  EXPECT_TRUE(change.any());
  EXPECT_THAT(change.routed, ElementsAre("10.1.2.3"));
}

TEST(AddressWatch, KnowsTheAddressesFromTheStart) {
  GlibLoop loop;
  IceConfig config;
  config.interfaces = {"lo"};
  config.loopback = true;
  AddressWatch watch(loop, config, [](const AddressChange&) {});
  ASSERT_TRUE(watch.start());
  ASSERT_FALSE(watch.addresses().empty());
  EXPECT_EQ(watch.addresses().front().interface, "lo");
}

}  // namespace
}  // namespace bigfoot::transport
