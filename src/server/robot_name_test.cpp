#include "server/robot_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/codec.hpp"
#include "server/request_target.hpp"

namespace bigfoot::server {
namespace {

const std::string longest(128, 'x');

TEST(RobotName, IsTheNameWhenAnAddressCanCarryIt) {
  for (const std::string& name : {longest, std::string("..."), std::string("grün ☃"), std::string("a%2Fb"),
                                  std::string("rover-7"), std::string(" "), std::string("a?b#c")}) {
    EXPECT_EQ(robot_name(protocol::name_only(name), "id"), name);
    std::string path = "/r/";  // every byte escaped, as a browser may do it
    for (const char c : name) {
      constexpr const char* digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      path += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    const auto segments = path_segments(path);
    ASSERT_TRUE(segments) << name;
    EXPECT_EQ(route_of(*segments).robot, name);
  }
}

TEST(RobotName, IsThePeerIdWhenNoAddressCan) {
  for (const std::string& name : {std::string("a/b"), std::string("a\\b"), std::string("."), std::string(".."),
                                  std::string("a\nb"), std::string("a\x7f"), longest + "x", std::string()})
    EXPECT_EQ(robot_name(protocol::name_only(name), "id"), "id") << name;
}

TEST(RobotName, CamerasWithoutAUsableNameAreLeftOut) {
  EXPECT_THAT(addressable({"front", "a/b", "..", "", "rear", longest + "x"}), ::testing::ElementsAre("front", "rear"));
}

}  // namespace
}  // namespace bigfoot::server
