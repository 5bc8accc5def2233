#include "robot/devices_print.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bigfoot::robot {
namespace {

using media::Standing;
using testing::HasSubstr;

media::V4l2Found webcam() {
  media::V4l2Found found{"/dev/video0", "/dev/v4l/by-id/usb-Cam-index0", "Cam \"HD\"", media::V4l2Device{}};
  found.device->card = found.card;
  found.device->modes = {{"YUYV", {640, 480}, {640, 480}, {1, 1}, {{30, 1}, {15, 1}}, false},
                         {"MJPG", {1280, 720}, {1280, 720}, {1, 1}, {{30000, 1001}}, false}};
  return found;
}

media::DevicesReport report() {
  media::DevicesReport report;
  report.cameras.push_back(webcam());
  report.cameras.push_back({"/dev/video2", "", "", fail("may not be opened", "add this user to the group video")});
  report.plugin_cameras = {{media::SourceKind::libcamera, "/base/soc/i2c@1/imx219@10", "imx219@10"},
                           {media::SourceKind::argus, "0", "imx219_rear"}};
  report.encoders = {
      {"nvv4l2h264enc", "untested", Standing::absent, "/dev/v4l2-nvenc missing (Orin Nano has no encoder)"},
      {"vah264enc", "untested", Standing::failed, "gives no key frame when asked for one"},
      {"x264enc", "PC, x264 164 in GStreamer 1.22.0, 2026-11", Standing::chosen, "", 0.3149, 4'500us, 2},
      {"openh264enc", "PC", Standing::works, "", 0.5, 6ms, 1}};
  report.h264_decoders = {{"avdec_h264", "PC", Standing::chosen, "", 0.03, 1ms}};
  report.h265_decoders = {{"avdec_h265", "PC", Standing::untried, "no test pictures"}};
  report.jpeg_decoders = {{"jpegdec", "PC", Standing::chosen, "", 0.04, 2ms}};
  return report;
}

TEST(DevicesText, SaysWhatIsChosenWhatItCostsAndWhyNotTheOthers) {
  const std::string text = devices_text(report(), {});
  EXPECT_THAT(text, HasSubstr("Encoders at 1280x720@30, --bitrate 2.5M\n"));
  EXPECT_THAT(text, HasSubstr("  chosen  x264enc       0.31 core, 4.5 ms, 2 slices; tested on PC, x264 164 in"));
  EXPECT_THAT(text,
              HasSubstr("  absent  nvv4l2h264enc /dev/v4l2-nvenc missing (Orin Nano has no encoder); untested\n"));
  EXPECT_THAT(text, HasSubstr("  failed  vah264enc     gives no key frame when asked for one; untested\n"));
  EXPECT_THAT(text, HasSubstr("  works   openh264enc   0.50 core"));
  EXPECT_THAT(text, HasSubstr("  untried avdec_h265    no test pictures; tested on PC\n"));
}

TEST(DevicesText, ACameraHasItsModesAndALineToPaste) {
  const std::string text = devices_text(report(), {});
  EXPECT_THAT(text, HasSubstr("  Cam \"HD\", /dev/video0\n    "));
  EXPECT_THAT(text, HasSubstr("MJPG 1280x720@29.97"));
  EXPECT_THAT(text, HasSubstr("    --camera 'front=v4l2:/dev/v4l/by-id/usb-Cam-index0"));
  EXPECT_THAT(text, HasSubstr("  unnamed, /dev/video2\n    may not be opened (add this user to the group video)\n"));
  EXPECT_THAT(text, HasSubstr("  imx219@10, by libcamera, untested\n"
                              "    --camera 'rear=libcamera:/base/soc/i2c@1/imx219@10'\n"));
  EXPECT_THAT(text, HasSubstr("  imx219_rear, by argus, untested\n    --camera 'camera3=argus:0'\n"));
  media::DevicesReport hung;
  hung.plugin_fault = "libcamera hangs for more than 10 s";
  EXPECT_THAT(devices_text(hung, {}), HasSubstr("  libcamera hangs for more than 10 s\n"));
  EXPECT_THAT(devices_text({}, {}), HasSubstr("Cameras\n  none here; without one: --camera test:\n"));
}

TEST(DevicesText, FitsATerminal) {
  auto wide = report();
  wide.encoders[0].why_not = std::string(40, 'x') + " " + std::string(40, 'y') + " " + std::string(40, 'z');
  for (int size = 100; size < 2000; size += 100)
    wide.cameras[0].device->modes.push_back({"NV12", {size, size}, {size, size}, {1, 1}, {{30, 1}}, false});
  std::istringstream lines(devices_text(wide, {}));
  for (std::string line; std::getline(lines, line);) {
    std::size_t letters = 0;
    for (const char c : line) letters += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    EXPECT_LE(letters, 96u) << line;
  }
  EXPECT_THAT(devices_text(wide, {}), HasSubstr("and 9 more"));
}

TEST(DevicesJson, HasTheSameAsDataWithUnitsInItsKeys) {
  media::DevicesWanted wanted;
  wanted.fps = {30000, 1001};
  const auto json = nlohmann::json::parse(devices_json(report(), wanted));
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["measured_at"],
            nlohmann::json::parse(R"({"width_px":1280,"height_px":720,"fps":29.97,"bitrate_bps":2500000})"));
  const auto& camera = json["cameras"][0];
  EXPECT_EQ(camera["card"], "Cam \"HD\"");
  EXPECT_EQ(camera["path"], "/dev/v4l/by-id/usb-Cam-index0");
  EXPECT_EQ(camera["modes"][0],
            nlohmann::json::parse(R"({"fourcc":"YUYV","width_px":640,"height_px":480,"fps":[30,15]})"));
  EXPECT_THAT(camera["paste"].get<std::string>(), testing::StartsWith("--camera 'front=v4l2:/dev/v4l/by-id/"));
  EXPECT_EQ(json["cameras"][1]["why_not"], "may not be opened (add this user to the group video)");
  EXPECT_FALSE(json["cameras"][1].contains("modes"));
  EXPECT_EQ(json["cameras"][0]["source"], "v4l2");
  EXPECT_EQ(json["cameras"][2], nlohmann::json::parse(R"({"source":"libcamera","card":"imx219@10",
      "tested_on":"untested","paste":"--camera 'rear=libcamera:/base/soc/i2c@1/imx219@10'"})"));
  EXPECT_EQ(json["cameras"][3]["paste"], "--camera 'camera3=argus:0'");
  const auto& chosen = json["encoders"][2];
  EXPECT_EQ(chosen["state"], "chosen");
  EXPECT_DOUBLE_EQ(chosen["cost_cores"], 0.3149);
  EXPECT_DOUBLE_EQ(chosen["time_p50_ms"], 4.5);
  EXPECT_EQ(chosen["slices"], 2);
  EXPECT_EQ(chosen["keyframe_by"], "force_key_unit_event");
  EXPECT_EQ(json["encoders"][0]["why_not"], "/dev/v4l2-nvenc missing (Orin Nano has no encoder)");
  EXPECT_FALSE(json["encoders"][0].contains("cost_cores"));
  EXPECT_EQ(json["decoders"].size(), 3u);
  EXPECT_EQ(json["decoders"][1]["codec"], "h265");
  EXPECT_EQ(json["decoders"][1]["state"], "untried");
  EXPECT_EQ(json["decoders"][1]["why_not"], "no test pictures");
  EXPECT_EQ(json["decoders"][2]["codec"], "jpeg");
}

TEST(DevicesJson, NothingAtAllIsStillAnObject) {
  const auto json = nlohmann::json::parse(devices_json({}, {}));
  EXPECT_TRUE(json["cameras"].is_array());
  EXPECT_TRUE(json["decoders"].is_array());
  EXPECT_TRUE(json["decoders"].empty());
}

}  // namespace
}  // namespace bigfoot::robot
