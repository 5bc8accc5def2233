#include "robot/options.hpp"

#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/testing.hpp"

namespace bigfoot::robot {
namespace {

using config::Layer;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Options, CamerasMayHaveNamesAndUrisMayHaveEquals) {
  RobotOptions options;
  auto table = robot_table(options);
  EXPECT_THAT(table.set("cameras",
                        {"front=test:", "v4l2:/dev/video0?size=640x480", "gst:videotestsrc pattern=ball ! video/x-raw"},
                        {Layer::flag, "--camera"}),
              IsEmpty());
  EXPECT_THAT(complete(options, "rover-7"), IsEmpty());
  ASSERT_EQ(options.cameras.size(), 3u);
  EXPECT_EQ(options.cameras[0].settings.name, "front");
  EXPECT_EQ(options.cameras[1].settings.name, "camera2");
  EXPECT_EQ(options.cameras[1].uri, "v4l2:/dev/video0?size=640x480");
  EXPECT_EQ(options.cameras[2].uri, "gst:videotestsrc pattern=ball ! video/x-raw");
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
  EXPECT_EQ(options.cameras.at(0).uri, "test:");
  EXPECT_EQ(options.name, "robot");
}

TEST(Options, BuffersAndProcessorsAreRead) {
  RobotOptions options;
  auto table = robot_table(options);
  const char* text =
      "buffers: {capture: 2, send: 80ms, history: 2s}\nresources: {threads: 3, cpu_affinity: [0-3, 6], gpu: 1}\n";
  EXPECT_THAT(table.set_from_file(config::parse_yaml(text, "r.yaml").root), IsEmpty());
  EXPECT_EQ(options.resources, (media::Resources{3, 1, 2}));
  EXPECT_THAT(complete(options, "r"), IsEmpty());
  EXPECT_EQ(options.cameras.at(0).settings.resources, options.resources);
  EXPECT_EQ(options.buffers.queue, Nanos(80ms));
  EXPECT_EQ(options.buffers.history, Nanos(2s));
  EXPECT_EQ(options.cpu_affinity, (std::vector<CpuRange>{{0, 3}, {6, 6}}));
  const auto faults = table.set("buffers.send", {"2s"}, {Layer::flag, "--buffers-send"});
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0].what, HasSubstr("is not from 10ms to 1s"));
  for (const char* threads : {"0", "17", "2x", ""})
    EXPECT_EQ(table.set("resources.threads", {threads}, {Layer::flag, "--resources-threads"}).size(), 1u) << threads;
  EXPECT_THAT(table.set("resources.threads", {"auto"}, {Layer::flag, "--resources-threads"}), IsEmpty());
  EXPECT_EQ(options.resources.threads, 0);
}

TEST(Options, TwoCamerasOfOneNameAreAFault) {
  RobotOptions options;
  robot_table(options).set("cameras", {"front=test:", "front=test:"}, {Layer::flag, "--camera"});
  const auto faults = complete(options, "r");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0].text(), HasSubstr("two cameras are named \"front\""));
}

TEST(Options, TurnServersKeepTheirSecretOutOfThePrint) {
  RobotOptions options;
  auto table = robot_table(options);
  EXPECT_THAT(table.set("ice.servers", {"turn:alice:s3cret@192.0.2.1:3478?transport=tcp", "stun:192.0.2.1:3478"},
                        {Layer::flag, "--ice-server"}),
              IsEmpty());
  EXPECT_EQ(options.ice.servers.at(0).url, "turn:192.0.2.1:3478?transport=tcp");
  EXPECT_EQ(options.ice.servers.at(0).username, "alice");
  EXPECT_EQ(options.ice.servers.at(0).credential, "s3cret");
  EXPECT_THAT(config::to_text(table.shown()), testing::Not(HasSubstr("s3cret")));
  table.set("ice.servers", {"turn:1700000000:rover-7:aGk=@192.0.2.1"}, {Layer::flag, "--ice-server"});
  EXPECT_EQ(options.ice.servers.at(0).username, "1700000000:rover-7");
  EXPECT_EQ(options.ice.servers.at(0).credential, "aGk=");
}

TEST(Options, BadPortsAndServersSayHowToWriteThem) {
  RobotOptions options;
  auto table = robot_table(options);
  for (const char* bad : {"50000", "50100-50000", "80-90", "a-b", "50000-"})
    EXPECT_EQ(table.set("ice.ports", {bad}, {Layer::flag, "--ice-ports"}).size(), 1u) << bad;
  EXPECT_THAT(table.set("ice.ports", {"50000-50100"}, {Layer::flag, "--ice-ports"}), IsEmpty());
  EXPECT_EQ(options.ice.ports.last, 50100);
  for (const char* bad : {"turn:192.0.2.1", "turn:me@192.0.2.1", "turn:me:s3cret@192.0.2.1:99999", "stun:", "http://x",
                          "turn:me:s3cret@192.0.2.1?transport=tls", "turns:me:s3cret@192.0.2.1"}) {
    const auto faults = table.set("ice.servers", {bad}, {Layer::flag, "--ice-server"});
    ASSERT_EQ(faults.size(), 1u) << bad;
    EXPECT_THAT(faults[0].text(), testing::Not(HasSubstr("s3cret")));
  }
}

TEST(Options, SourcesAndServersAreReadAtOnceSoThatAllFaultsComeTogether) {
  RobotOptions options;
  auto table = robot_table(options);
  const auto sources = table.set("cameras", {"front=tst:", "rear=test:?siez=640x480"}, {Layer::flag, "--camera"});
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

/// What `--config` would say of this text.
std::vector<std::string> faults_of_file(RobotOptions& options, std::string_view text) {
  auto table = robot_table(options);
  config::Yaml yaml = config::parse_yaml(text, "r.yaml");
  std::vector<std::string> said;
  for (auto& faults : {yaml.faults, table.set_from_file(yaml.root), complete(options, "rover-7")})
    for (const config::Fault& fault : faults) said.push_back(fault.text());
  return said;
}

TEST(Options, CamerasOfTheFileHaveKeysOfTheirOwnAndTakeTheRestFromTheGeneralOnes) {
  RobotOptions options;
  EXPECT_THAT(
      faults_of_file(
          options,
          "fps: 20\n"
          "cameras:\n"
          "  front: \"test:\"\n"
          "  rear: {source: \"test:?size=320x180\", fps: 15, encoder: openh264enc, decoder: jpegdec, bitrate: 800k}\n"
          "  up:\n"
          "    source: v4l2:/dev/video0\n"
          "    size: 640x480\n"),
      IsEmpty());
  ASSERT_EQ(options.cameras.size(), 3u);
  const auto& [front, rear, up] =
      std::tie(options.cameras[0].settings, options.cameras[1].settings, options.cameras[2].settings);
  EXPECT_EQ(front.name + rear.name + up.name, "frontrearup");
  EXPECT_EQ(front.source.kind, media::SourceKind::test);
  EXPECT_EQ(front.size, (Size{1280, 720}));
  EXPECT_EQ(front.fps, (FrameRate{20, 1}));
  EXPECT_EQ(rear.size, (Size{320, 180}));
  EXPECT_EQ(rear.fps, (FrameRate{15, 1}));
  EXPECT_EQ(rear.encoder, "openh264enc");
  EXPECT_EQ(rear.decoder, "jpegdec");
  EXPECT_EQ(rear.bitrate.bps, 800'000);
  EXPECT_EQ(up.source.target, "/dev/video0");
  EXPECT_EQ(up.size, (Size{640, 480}));
}

TEST(Options, ThePrintSaysWhereEachValueOfACameraComesFrom) {
  RobotOptions options;
  auto table = robot_table(options);
  EXPECT_THAT(
      table.set_from_file(
          config::parse_yaml("cameras:\n  rear:\n    source: test:?size=320x180\n    fps: 15\n", "r.yaml").root),
      IsEmpty());
  EXPECT_THAT(complete(options, "r"), IsEmpty());
  const std::string said = config::to_text(table.shown());
  for (const char* line : {"cameras.rear.source = test:.size=320x180 +# file r.yaml:3\n",
                           "cameras.rear.size = 320x180 +# by cameras.rear.source\n",
                           "cameras.rear.fps = 15 +# file r.yaml:4\n", "cameras.rear.bitrate = 2.5M +# by bitrate\n"})
    EXPECT_THAT(said, testing::ContainsRegex(line));
}

TEST(Options, CamerasOfFlagsReplaceThoseOfTheFile) {
  RobotOptions options;
  auto table = robot_table(options);
  table.set_from_file(config::parse_yaml("cameras: {front: \"test:\", rear: \"test:\"}\n", "r.yaml").root);
  EXPECT_THAT(table.set("cameras", {"up=test:"}, {Layer::flag, "--camera"}), IsEmpty());
  EXPECT_THAT(complete(options, "r"), IsEmpty());
  ASSERT_EQ(options.cameras.size(), 1u);
  EXPECT_EQ(options.cameras[0].settings.name, "up");
  EXPECT_THAT(config::to_text(table.shown()), testing::ContainsRegex("cameras.up.source = test: +# flag --camera\n"));
}

TEST(Options, EachFaultOfACameraHasItsLineAndAWayOut) {
  RobotOptions options;
  EXPECT_THAT(
      faults_of_file(options,
                     "cameras:\n"
                     "  front: \"tst:\"\n"
                     "  re ar: \"test:\"\n"
                     "  left: {source: \"test:\", sise: 3x3, bitrate: {begin: 1M}}\n"
                     "  right: {size: 16x16}\n"
                     "  up:\n"
                     "  down: [\"test:\"]\n"
                     "  back:\n"
                     "    source: \"test:?fps=3\"\n"
                     "    fps: 3\n"),
      testing::ElementsAre(
          HasSubstr("r.yaml:2: camera front: \"tst:\""), HasSubstr("r.yaml:3: \"re ar\" is not a camera name"),
          HasSubstr("r.yaml:4: camera left: there is no key \"sise\"\n    did you mean size?"),
          HasSubstr("r.yaml:4: camera left: bitrate: there is no key \"begin\""),
          HasSubstr("r.yaml:5: camera right: it has no source"), HasSubstr("r.yaml:6: camera up: it has no source"),
          HasSubstr("r.yaml:7: camera down: keys should stand here"),
          HasSubstr("r.yaml:10: camera back: fps stands in its source, too\n    keep one of them")));
  for (const char* bad : {"cameras: [\"front=test:\"]\n", "cameras: \"test:\"\n", "cameras: {}\n"})
    EXPECT_THAT(faults_of_file(options, bad),
                testing::ElementsAre(HasSubstr("r.yaml:1: cameras: names and sources should stand below it")))
        << bad;
  EXPECT_THAT(faults_of_file(options, "cameras:\n"), IsEmpty()) << "all cameras may be comments";
}

TEST(Options, ABitRateMayHaveBounds) {
  RobotOptions options;
  EXPECT_THAT(faults_of_file(options,
                             "bitrate: {max: 4M}\n"
                             "cameras:\n"
                             "  front: {source: \"test:\", bitrate: {min: 300k, start: 2M, max: 3M}}\n"
                             "  rear: \"test:\"\n"
                             "  up: {source: \"test:\", bitrate: 800k}\n"),
              IsEmpty());
  EXPECT_EQ(options.cameras[0].bitrate, (BitrateRange{{2'000'000}, {300'000}, {3'000'000}}));
  EXPECT_EQ(options.cameras[0].settings.bitrate.bps, 2'000'000);
  EXPECT_EQ(options.cameras[1].bitrate.max.bps, 4'000'000);
  EXPECT_EQ(options.cameras[2].settings.bitrate.bps, 800'000);
  auto table = robot_table(options);
  EXPECT_THAT(config::to_text(table.shown()), HasSubstr("cameras.front.bitrate = 300k-2M-3M"));
  EXPECT_THAT(table.set("bitrate", {"100k-1M-2M"}, {Layer::flag, "--bitrate"}), IsEmpty());
  EXPECT_EQ(options.bitrate, (BitrateRange{{1'000'000}, {100'000}, {2'000'000}}));
  for (const char* bad : {"1M-2M", "-1M-2M", "1M-2M-3M-4M", "1M--2M", "fast"}) {
    EXPECT_EQ(table.set("bitrate", {bad}, {Layer::flag, "--bitrate"}).size(), 1u) << bad;
  }
  EXPECT_EQ(options.bitrate.start.bps, 1'000'000) << "all or nothing";
  RobotOptions outside;
  EXPECT_THAT(
      faults_of_file(outside,
                     "bitrate: {start: 5M, max: 4M}\n"
                     "cameras:\n  front: \"test:\"\n  rear: \"test:\"\n"
                     "  up: {source: \"test:\", bitrate: {min: 1M, start: 500k}}\n"),
      testing::ElementsAre(
          "r.yaml:1: bitrate: 5M is not within 50k and 4M\n    start lies between min and max; they bound every "
          "change while the robot runs",
          HasSubstr("r.yaml:5: camera up: bitrate: 500k is not within 1M and 50M")));
}

TEST(Options, WhatKeysAndSourceMakeOfThePictureTogether) {
  RobotOptions options;
  EXPECT_THAT(
      faults_of_file(options,
                     "size: 640x480\n"
                     "cameras:\n"
                     "  a: {source: \"v4l2:/dev/video0?capture=1920x1080\", crop: \"480,270,960x540\", rotate: 90}\n"
                     "  b: \"v4l2:/dev/video0?capture=1920x1080&crop=480,270,960x540&rotate=90\"\n"
                     "  c: {source: \"test:?capture=640x360\", rotate: 90}\n"
                     "  d: {source: \"test:?capture=640x360\", size: 320x180}\n"
                     "  e: {source: \"test:\", rotate: 90}\n"),
      IsEmpty());
  std::vector<std::string> sizes;
  for (const CameraOption& camera : options.cameras) sizes.push_back(camera.settings.size.text());
  EXPECT_THAT(sizes, testing::ElementsAre("540x960", "540x960", "360x640", "320x180", "640x480"));
  EXPECT_THAT(config::to_text(robot_table(options).shown()),
              testing::ContainsRegex("cameras.c.size = 360x640 +# by cameras.c.source\n"));
  RobotOptions faulty;
  EXPECT_THAT(faults_of_file(faulty,
                             "cameras:\n"
                             "  a: {source: \"test:\", size: 320x180, crop: \"1000,1000,320x180\"}\n"
                             "  b:\n"
                             "    source: test:?capture=640x360\n"
                             "    crop: 400,0,320x180\n"
                             "  c: {source: \"tst:\", crop: \"0,0,320x180\"}\n"),
              testing::UnorderedElementsAre(
                  HasSubstr("r.yaml:2: camera a: crop needs the size of the camera's own picture\n    add it to the "
                            "source, like capture=1280x720, or set crop: none"),
                  HasSubstr("r.yaml:5: camera b: crop 400,0,320x180 reaches out of the camera's 640x360\n"),
                  HasSubstr("r.yaml:6: camera c: source: \"tst:\"")));
}

TEST(Options, AFaultThatOnlyACameraShowsStandsWhereItWasWritten) {
  const auto faults = [](std::string_view text) {
    RobotOptions options;
    return faults_of_file(options, text);
  };
  EXPECT_THAT(faults("name: r\nsize: 8192x8192\n"),
              testing::ElementsAre(HasSubstr("r.yaml:2: size: no H.264 level carries 8192x8192")));
  EXPECT_THAT(
      faults("size: 8192x8192\ncameras:\n  a: {source: \"test:\", size: 640x360}\n  b: \"test:\"\n  c: \"test:\"\n"),
      testing::ElementsAre(HasSubstr("r.yaml:1: size: ")))
      << "said once, whoever has it";
  EXPECT_THAT(faults("cameras:\n  a: \"test:?size=8192x8192\"\n"),
              testing::ElementsAre(HasSubstr("r.yaml:2: camera a: size: no H.264 level")));
  EXPECT_THAT(faults("size: 4096x2160\ncameras:\n  a: {source: \"test:\",\n    fps: 240}\n"),
              testing::ElementsAre(HasSubstr("r.yaml:4: camera a: fps: no H.264 level")));
  EXPECT_THAT(faults("bitrate: 1k\n"), testing::ElementsAre(HasSubstr("r.yaml:1: bitrate: 1k is not within")));
  RobotOptions options;
  auto table = robot_table(options);
  EXPECT_THAT(table.set("size", {"8192x8192"}, {Layer::environment, "BIGFOOT_SIZE"}), IsEmpty());
  const auto by_variable = complete(options, "r");
  ASSERT_EQ(by_variable.size(), 1u);
  EXPECT_THAT(by_variable[0].text(), HasSubstr("BIGFOOT_SIZE: size: no H.264 level"));
}

TEST(Options, PassthroughStandsInTheSourceOrBesideItAndAlwaysNeedsASourceThatEncodes) {
  RobotOptions options;
  EXPECT_THAT(faults_of_file(options,
                             "cameras:\n  a: {source: \"rtsp://cam/1\", passthrough: never}\n"
                             "  b: \"v4l2:/dev/video0?format=h264&passthrough=always\"\n  c: \"gst:x ! y\"\n"),
              IsEmpty());
  EXPECT_EQ(options.cameras[0].settings.source.passthrough, media::Passthrough::never);
  EXPECT_EQ(options.cameras[1].settings.source.passthrough, media::Passthrough::always);
  EXPECT_EQ(options.cameras[2].settings.source.passthrough, media::Passthrough::automatic);
  RobotOptions faulty;
  EXPECT_THAT(
      faults_of_file(faulty,
                     "cameras:\n  a: {source: \"test:\", passthrough: always}\n"
                     "  b: {source: \"rtsp://cam/1#passthrough=always\", rotate: 180}\n"
                     "  c: {source: \"rtsp://cam/1#passthrough=never\", passthrough: never}\n"
                     "  d: {source: \"rtsp://cam/1#codec=h265\", passthrough: always}\n"
                     "  e: {source: \"test:\", passthrough: alwais}\n"),
      testing::UnorderedElementsAre(
          HasSubstr("camera a: passthrough: always, but the source gives no H.264 of its own"),
          HasSubstr("camera b: passthrough: always, but what is passed through cannot be rotated, flipped or cut"),
          HasSubstr("camera c: passthrough stands in its source, too"),
          HasSubstr("camera d: passthrough: always, but the source gives no H.264"),
          HasSubstr("\"alwais\" is not a passthrough\n    there are auto, always, never")));
}

TEST(Options, MoreCamerasThanASessionCarriesIsAFaultOfTheFirstTooMany) {
  std::string text = "cameras:\n";
  for (int i = 1; i <= 17; ++i) text += "  c" + std::to_string(i) + ": \"test:\"\n";
  RobotOptions options;
  EXPECT_THAT(faults_of_file(options, text),
              testing::ElementsAre(HasSubstr("r.yaml:18: 17 cameras are more than one session carries")));
}

TEST(Options, ServersAreOneOrAListAndTheNameIsReadAtOnce) {
  RobotOptions options;
  EXPECT_THAT(faults_of_file(options, "server: https://a\n"), IsEmpty());
  EXPECT_THAT(options.servers, testing::ElementsAre("https://a"));
  EXPECT_THAT(faults_of_file(options, "server: [ws://a, ws://b]\nname: a b\n"),
              testing::ElementsAre(HasSubstr("r.yaml:2: name: \"a b\" is not a robot name")));
  EXPECT_THAT(options.servers, testing::ElementsAre("ws://a", "ws://b"));
}

class RobotReferenceFile : public testing::Test {
 protected:
  config::Yaml reference(bool with_all) {
    auto text = config::read_text_file(BIGFOOT_SOURCE_DIR "/config/robot.yaml", config::yaml_bytes_max).value();
    return config::parse_yaml(with_all ? config::uncommented(text) : text, "config/robot.yaml");
  }
  RobotOptions options;
  config::Table table = robot_table(options);
  RobotOptions built_in_options;
  config::Table built_in = robot_table(built_in_options);
};

TEST_F(RobotReferenceFile, AsItStandsChangesNothing) {
  const config::Yaml yaml = reference(false);
  for (const auto& faults :
       {yaml.faults, table.set_from_file(yaml.root), complete(options, "r"), complete(built_in_options, "r")})
    for (const config::Fault& fault : faults) ADD_FAILURE() << fault.text();
  EXPECT_EQ(config::to_text(table.shown()), config::to_text(built_in.shown()));
}

TEST_F(RobotReferenceFile, HasEveryKeyInTheOrderOfTheTableWithItsBuiltInValue) {
  const config::Yaml yaml = reference(true);
  for (const auto& faults : {yaml.faults, table.set_from_file(yaml.root)})
    for (const config::Fault& fault : faults) ADD_FAILURE() << fault.text();
  EXPECT_EQ(config::keys_in(table, yaml.root), config::keys_of(table));
  for (std::size_t i = 0; i < table.options().size(); ++i)
    if (const std::string value = built_in.options()[i].get(); !value.empty()) {
      EXPECT_EQ(table.options()[i].get(), value);
    }
  for (const config::Option& row : table.options()) EXPECT_NE(row.get(), "") << row.key << " has an example";

  ASSERT_EQ(options.cameras.size(), 2u) << "the short and the long form";
  CameraOption camera;
  const config::Table rows = camera_table(camera);
  for (const config::YamlEntry& entry : yaml.root.entries)
    if (entry.key.word == "cameras") {
      EXPECT_EQ(config::keys_in(rows, entry.value.entries.back().value), config::keys_of(rows));
    }
}

}  // namespace
}  // namespace bigfoot::robot
