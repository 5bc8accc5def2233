#include "robot/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

using config::Layer;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Options, CamerasMayHaveNamesAndUrisMayHaveEquals) {
  RobotOptions options;
  auto table = robot_table(options);
  EXPECT_THAT(table.set("camera",
                        {"front=test:", "v4l2:/dev/video0?size=640x480", "gst:videotestsrc pattern=ball ! video/x-raw"},
                        {Layer::flag, "--camera"}),
              IsEmpty());
  EXPECT_THAT(complete(options, "rover-7"), IsEmpty());
  ASSERT_EQ(options.cameras.size(), 3u);
  EXPECT_EQ(options.cameras[0].name, "front");
  EXPECT_EQ(options.cameras[1].name, "camera2");
  EXPECT_EQ(options.cameras[1].source, "v4l2:/dev/video0?size=640x480");
  EXPECT_EQ(options.cameras[2].source, "gst:videotestsrc pattern=ball ! video/x-raw");
  EXPECT_EQ(options.name, "rover-7");
}

TEST(Options, AnUnknownEncoderNamesTheNearest) {
  RobotOptions options;
  auto table = robot_table(options);
  const auto faults = table.set("encoder", {"x265enc"}, {Layer::flag, "--encoder"});
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].what, "\"x265enc\" is not a known encoder");
  EXPECT_THAT(faults[0].fix, HasSubstr("the nearest is x264enc;"));
  EXPECT_EQ(options.encoder, "auto");
  for (const char* name : {"openh264enc", "auto"})
    EXPECT_THAT(table.set("encoder", {name}, {Layer::flag, "--encoder"}), IsEmpty()) << name;
}

TEST(Options, WithoutACameraThereIsTheTestPicture) {
  RobotOptions options;
  EXPECT_THAT(complete(options, "not a name!"), IsEmpty());
  EXPECT_EQ(options.cameras.at(0).source, "test:");
  EXPECT_EQ(options.name, "robot");
}

TEST(Options, TwoCamerasOfOneNameAreAFault) {
  RobotOptions options;
  options.cameras = {{"front", "test:"}, {"front", "test:"}};
  const auto faults = complete(options, "r");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0].text(), HasSubstr("two cameras are named \"front\""));
}

TEST(Options, TurnServersKeepTheirSecretOutOfThePrint) {
  RobotOptions options;
  auto table = robot_table(options);
  EXPECT_THAT(table.set("ice-server", {"turn:alice:s3cret@192.0.2.1:3478?transport=tcp", "stun:192.0.2.1:3478"},
                        {Layer::flag, "--ice-server"}),
              IsEmpty());
  EXPECT_EQ(options.ice.servers.at(0).url, "turn:192.0.2.1:3478?transport=tcp");
  EXPECT_EQ(options.ice.servers.at(0).username, "alice");
  EXPECT_EQ(options.ice.servers.at(0).credential, "s3cret");
  EXPECT_THAT(table.print(), testing::Not(HasSubstr("s3cret")));
  table.set("ice-server", {"turn:1700000000:rover-7:aGk=@192.0.2.1"}, {Layer::flag, "--ice-server"});
  EXPECT_EQ(options.ice.servers.at(0).username, "1700000000:rover-7");
  EXPECT_EQ(options.ice.servers.at(0).credential, "aGk=");
}

TEST(Options, BadPortsAndServersSayHowToWriteThem) {
  RobotOptions options;
  auto table = robot_table(options);
  for (const char* bad : {"50000", "50100-50000", "80-90", "a-b", "50000-"})
    EXPECT_EQ(table.set("ice-ports", {bad}, {Layer::flag, "--ice-ports"}).size(), 1u) << bad;
  EXPECT_THAT(table.set("ice-ports", {"50000-50100"}, {Layer::flag, "--ice-ports"}), IsEmpty());
  EXPECT_EQ(options.ice.ports.last, 50100);
  for (const char* bad : {"turn:192.0.2.1", "turn:me@192.0.2.1", "turn:me:s3cret@192.0.2.1:99999", "stun:", "http://x",
                          "turn:me:s3cret@192.0.2.1?transport=tls", "turns:me:s3cret@192.0.2.1"}) {
    const auto faults = table.set("ice-server", {bad}, {Layer::flag, "--ice-server"});
    ASSERT_EQ(faults.size(), 1u) << bad;
    EXPECT_THAT(faults[0].text(), testing::Not(HasSubstr("s3cret")));
  }
}

TEST(Options, SourcesAndServersAreReadAtOnceSoThatAllFaultsComeTogether) {
  RobotOptions options;
  auto table = robot_table(options);
  const auto sources = table.set("camera", {"front=tst:", "rear=test:?siez=640x480"}, {Layer::flag, "--camera"});
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_THAT(sources[0].text(), HasSubstr("the nearest is test:"));
  EXPECT_THAT(sources[1].text(), HasSubstr("size"));
  EXPECT_EQ(table.set("server", {"htp://x"}, {Layer::flag, "--server"}).size(), 1u);
  EXPECT_THAT(table.set("server", {"https://fleet.example.org", "ws://[::1]:8080"}, {Layer::flag, "--server"}),
              IsEmpty());
  EXPECT_EQ(table.set("metrics", {"9101"}, {Layer::flag, "--metrics"}).size(), 1u);
}

TEST(Options, LoopbackMediaOnlyWithALoopbackServer) {
  RobotOptions options;
  options.servers = {"wss://fleet.example.org"};
  complete(options, "r");
  EXPECT_FALSE(options.ice.loopback);
  options.servers = {"ws://127.0.0.1:8080"};
  complete(options, "r");
  EXPECT_TRUE(options.ice.loopback);
}

}  // namespace
}  // namespace bigfoot::robot
