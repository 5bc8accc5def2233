#include "transport/local_addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<LocalAddress> robot() {
  return {{"lo", "127.0.0.1"},
          {"lo", "::1"},
          {"wlan0", "192.168.1.5"},
          {"wlan0", "fe80::1"},
          {"wlan0", "2001:db8::5"},
          {"wwan0", "10.64.0.9"},
          {"docker0", "172.17.0.1"},
          {"eth0", "169.254.7.7"},
          {"eth1", "192.168.9.1", /*up=*/false}};
}

std::vector<std::string> names(const IceConfig& config) {
  std::vector<std::string> result;
  for (const auto& local : usable_addresses(robot(), config)) result.push_back(local.interface + " " + local.address);
  return result;
}

TEST(LocalAddresses, ByDefaultAllThatAreUpButLoopbackAndLinkLocal) {
  EXPECT_THAT(names({}),
              ElementsAre("docker0 172.17.0.1", "wlan0 192.168.1.5", "wlan0 2001:db8::5", "wwan0 10.64.0.9"));
}

TEST(LocalAddresses, OnlyTheNamedInterfaces) {
  IceConfig config;
  config.interfaces = {"wwan0", "wlan0"};
  EXPECT_THAT(names(config), ElementsAre("wlan0 192.168.1.5", "wlan0 2001:db8::5", "wwan0 10.64.0.9"));
}

TEST(LocalAddresses, NeverTheExcludedOnes) {
  IceConfig config;
  config.interfaces = {"wlan0", "docker0"};
  config.exclude = {"docker0"};
  EXPECT_THAT(names(config), ElementsAre("wlan0 192.168.1.5", "wlan0 2001:db8::5"));
}

TEST(LocalAddresses, LoopbackHasItsOwnSwitch) {
  IceConfig config;
  config.interfaces = {"wwan0"};
  config.loopback = true;
  EXPECT_THAT(names(config), ElementsAre("lo 127.0.0.1", "lo ::1", "wwan0 10.64.0.9"));
  config.loopback = false;
  config.interfaces = {"lo"};
  EXPECT_THAT(names(config), IsEmpty());
}

TEST(LocalAddresses, ThisMachineHasLoopback) {
  IceConfig config;
  config.loopback = true;
  const auto usable = usable_addresses(list_addresses(), config);
  EXPECT_TRUE(std::any_of(usable.begin(), usable.end(),
                          [](const LocalAddress& local) { return local.address == "127.0.0.1"; }));
}

}  // namespace
}  // namespace bigfoot::transport
