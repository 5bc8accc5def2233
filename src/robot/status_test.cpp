#include "robot/status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "robot/rate_meter.hpp"

namespace bigfoot::robot {
namespace {

using testing::HasSubstr;
using testing::Not;

RobotStatus example() {
  RobotStatus status;
  status.name = "rover-7";
  status.version = "1.2.3";
  status.started = Timestamp{} + 10s;
  status.now = status.started + 3h;
  status.at_server = true;
  status.server = "online at ws://127.0.0.1:8080";
  CameraStatus camera;
  camera.name = "front";
  camera.source = "test:";
  camera.state = "live";
  camera.size = {1280, 720};
  camera.encoder = "x264enc";
  camera.target = {2'500'000};
  camera.encoded = {2'410'000};
  camera.captured_fps = camera.encoded_fps = 29.96;
  camera.encode_p50 = 4600us;
  camera.viewers = 1;
  camera.last_recovery = Recovery{1400ms, status.now - 3min};
  status.cameras.push_back(camera);
  ViewerStatus viewer;
  viewer.session = "7f3";
  viewer.state = "live";
  viewer.client = "Evil\x1b[2J/1.0\n";
  viewer.cameras = {"front"};
  viewer.pair = transport::PathInfo{"192.0.2.1:5", "192.0.2.1", "198.51.100.7:9", "host", "srflx", 2};
  viewer.rtt = 12'300us;
  viewer.loss_ratio = 0.0123;
  viewer.sent = {900'000};
  viewer.since = status.now - 65s;
  status.viewers.push_back(viewer);
  return status;
}

TEST(Status, ForProgramsItIsOneLineOfJson) {
  const std::string text = status_json(example());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["uptime_s"], 10800);
  EXPECT_EQ(json["server"]["online"], true);
  EXPECT_EQ(json["cameras"][0]["encode_p50_ms"], 4.6);
  EXPECT_EQ(json["cameras"][0]["last_recovery"], nlohmann::json::parse(R"({"took_s":1.4,"ago_s":180})"));
  const auto& viewer = json["viewers"][0];
  EXPECT_EQ(viewer["pair"],
            nlohmann::json::parse(R"({"local":"192.0.2.1:5","local_type":"host",)"
                                  R"("remote":"198.51.100.7:9","remote_type":"srflx","generation":2})"));
  EXPECT_EQ(viewer["rtt_ms"], 12.3);
  EXPECT_EQ(viewer["client"], example().viewers[0].client);
  EXPECT_TRUE(viewer["last_recovery"].is_null());
}

TEST(Status, ForPeopleItIsInWordsThatNoViewerCanDisturb) {
  const std::string text = status_text(example());
  for (const char* line :
       {"rover-7: bigfoot 1.2.3, up for 3.0 h\n", "  server: online at ws://127.0.0.1:8080\n",
        "  camera front: live, back since 3 min after 1.4 s\n", "test:, 1280x720 at 30 fps, captured 30\n",
        "x264enc, asked for 2.5 Mbit/s, gives 2.4 Mbit/s and 30 fps, encodes in 4.6 ms, 1 viewer\n",
        "  viewer 7f3: live for 65 s\n", "looks at front, 900 kbit/s, RTT 12.3 ms, 1.2 % lost\n",
        "host 192.0.2.1:5 to srflx 198.51.100.7:9\n", "Evil?[2J/1.0?\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Status, NorDoesOneWithControlCharactersAboveAsciiOrMarksOfDirectionOrBytesThatAreNoUtf8) {
  RobotStatus status = example();
  status.viewers[0].client =
      "Evil\xc2\x9b"
      "2J\u202e Türkamera";
  EXPECT_THAT(status_text(status), HasSubstr("    Evil?2J? Türkamera\n"));
  status.viewers[0].client = "Latin\xe9\xff 1";
  EXPECT_THAT(status_text(status), HasSubstr("    Latin?? 1\n"));
}

TEST(Status, WhatIsPassedThroughIsSaid) {
  RobotStatus status = example();
  status.cameras[0].passed_through = true;
  EXPECT_THAT(status_text(status),
              HasSubstr("its own H.264 is passed through, gives 2.4 Mbit/s and 30 fps, 1 viewer\n"));
  EXPECT_EQ(nlohmann::json::parse(status_json(status))["cameras"][0]["passed_through"], true);
}

TEST(Status, WhatIsMissingIsSaid) {
  RobotStatus status = example();
  status.viewers.clear();
  status.cameras[0].viewers = 0;
  status.cameras[0].encoder.clear();
  status.cameras[0].state = "no picture";
  const std::string path = "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_1234ABCD-video-index0";
  status.cameras[0].source = "v4l2:" + path;
  status.cameras[0].trouble = path + " does not open: No such file or directory";
  const std::string text = status_text(status);
  for (const char* line : {"1234ABCD-video-index0 does not open: No such file or directory)", "no encoder yet",
                           "nobody looks", "no viewer"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, HasSubstr("    v4l2:" + path + ", 1280x720"));
}

TEST(RateMeter, IsWhatTheCounterGrewByOverASecondAtLeast) {
  RateMeter meter;
  Timestamp now = Timestamp{} + 1h;
  meter.count(1000, now);
  EXPECT_EQ(meter.per_second(), 0);
  meter.count(1500, now + 500ms);
  EXPECT_EQ(meter.per_second(), 0) << "too early";
  meter.count(3000, now + 2s);
  EXPECT_EQ(meter.per_second(), 1000);
  meter.count(3000, now + 3s);
  EXPECT_EQ(meter.per_second(), 0);
  meter.count(10, now + 5s);
  EXPECT_EQ(meter.per_second(), 0) << "a counter that began anew";
}

}  // namespace
}  // namespace bigfoot::robot
