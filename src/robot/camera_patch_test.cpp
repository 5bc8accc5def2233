#include "robot/camera_patch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Patching : public testing::Test {
 protected:
  void start_with(const std::string& yaml) {
    config::Table table = robot_table(options);
    ASSERT_THAT(table.set_from_file(config::parse_yaml(yaml, "r.yaml").root), IsEmpty());
    ASSERT_THAT(complete(options, "r"), IsEmpty());
  }
  PatchedCamera patch(const std::string& yaml) {
    return patch_camera(options.cameras.at(0), config::parse_yaml(yaml, "PATCH").root, options);
  }
  RobotOptions options;
};

TEST_F(Patching, AKeyThatIsGivenWinsOverTheSameSettingInTheSource) {
  start_with("fps: 20\ncameras: {front: \"test:?size=640x360&rotate=90\"}\n");
  const auto patched = patch("{size: 320x180, rotate: 180, bitrate: 600k}");
  ASSERT_THAT(patched.faults, IsEmpty());
  const media::CameraSettings& settings = patched.camera.settings;
  EXPECT_EQ(settings.size, (Size{320, 180}));
  EXPECT_EQ(settings.source.size, std::nullopt);
  EXPECT_EQ(settings.source.turn.rotate, media::Rotate::by_180);
  EXPECT_EQ(settings.bitrate.bps, 600'000);
  EXPECT_EQ(settings.fps, (FrameRate{20, 1})) << "what is not given stays";
  EXPECT_EQ(patched.camera.uri, "test:");
}

TEST_F(Patching, ANewSourceBringsItsOwnSettings) {
  start_with("cameras: {front: {source: \"test:\", size: 640x360, fps: 10}}\n");
  const auto patched = patch("{source: \"test:?size=320x180\"}");
  ASSERT_THAT(patched.faults, IsEmpty());
  EXPECT_EQ(patched.camera.settings.size, (Size{320, 180}));
  EXPECT_EQ(patched.camera.settings.fps, (FrameRate{10, 1}));
  EXPECT_EQ(patch("{source: \"test:?size=320x180\", size: 640x360}").faults.size(), 1u) << "both at once";
}

TEST_F(Patching, APieceThatTheCameraHasNotIsRefusedAndATurnChangesTheSize) {
  start_with("size: 640x480\ncameras: {front: {source: \"test:\"}}\n");
  const auto refused = patch("{crop: \"0,0,320x180\"}");
  ASSERT_EQ(refused.faults.size(), 1u);
  EXPECT_THAT(refused.faults[0].text(), HasSubstr("PATCH:1: camera front: crop needs the size"));
  const auto cut = patch("{source: \"test:?capture=640x360\", crop: \"0,0,320x180\", rotate: 270}");
  ASSERT_THAT(cut.faults, IsEmpty());
  EXPECT_EQ(cut.camera.settings.size, (Size{180, 320}));
  const auto whole = patch_camera(cut.camera, config::parse_yaml("{crop: none}", "PATCH").root, options);
  ASSERT_THAT(whole.faults, IsEmpty());
  EXPECT_EQ(whole.camera.settings.size, (Size{360, 640}));
  const auto other = patch_camera(cut.camera, config::parse_yaml("{source: \"test:\"}", "PATCH").root, options);
  ASSERT_EQ(other.faults.size(), 1u) << "the piece was cut from another picture";
  EXPECT_THAT(other.faults[0].text(), HasSubstr("or set crop: none"));
  for (const char* out : {"{source: \"test:\", crop: none}", "{source: \"test:\", crop: \"\"}"})
    EXPECT_THAT(patch_camera(cut.camera, config::parse_yaml(out, "PATCH").root, options).faults, IsEmpty()) << out;
}

TEST_F(Patching, ControlsAreJoinedByTheirNames) {
  start_with("cameras: {front: {source: \"v4l2:/dev/video9?brightness=1\", controls: {contrast: 2}}}\n");
  const auto patched = patch("{controls: {brightness: 5, saturation: 3}}");
  ASSERT_THAT(patched.faults, IsEmpty());
  EXPECT_THAT(
      patched.camera.settings.source.controls,
      testing::UnorderedElementsAre(media::ControlSetting{"brightness", 5}, media::ControlSetting{"contrast", 2},
                                    media::ControlSetting{"saturation", 3}));
}

TEST_F(Patching, WhatIsGivenWithoutAValueIsTakenOut) {
  start_with(
      "size: 320x180\ncameras: {front: {source: \"v4l2:/dev/video9?brightness=1&rotate=90&fps=20\", size: 640x360, "
      "decoder: openh264dec, bitrate: 1M, controls: {contrast: 2, gain: 3}}}\n");
  const auto some = patch("{controls: {brightness: \"\", contrast: \"\", hue: 4}}");
  ASSERT_THAT(some.faults, IsEmpty());
  EXPECT_THAT(some.camera.settings.source.controls,
              ElementsAre(media::ControlSetting{"gain", 3}, media::ControlSetting{"hue", 4}));
  const auto all = patch("{size: \"\", rotate: \"\", fps: \"\", decoder: \"\", bitrate: \"\", controls: \"\"}");
  ASSERT_THAT(all.faults, IsEmpty());
  EXPECT_EQ(all.camera.settings.size, (Size{320, 180})) << "that of all cameras";
  EXPECT_EQ(all.camera.settings.fps, (FrameRate{30, 1}));
  EXPECT_EQ(all.camera.bitrate, BitrateRange());
  EXPECT_EQ(all.camera.settings.decoder, "auto");
  EXPECT_EQ(all.camera.settings.source.turn, media::Orientation());
  EXPECT_EQ(all.camera.uri, "v4l2:/dev/video9");
  EXPECT_EQ(patch("{source: \"\"}").faults.size(), 1u);
  EXPECT_THAT(patch("{rotat: \"\"}").faults.at(0).fix, HasSubstr("rotate"));
}

TEST_F(Patching, ABitRateAloneKeepsWithinTheBoundsAndWhoGivesBoundsMovesThem) {
  start_with("cameras: {front: {source: \"test:\", bitrate: {min: 300k, start: 1M, max: 2M}}}\n");
  const auto patched = patch("{bitrate: 1500k}");
  ASSERT_THAT(patched.faults, IsEmpty());
  EXPECT_EQ(patched.camera.bitrate, (BitrateRange{{1'500'000}, {300'000}, {2'000'000}}));
  EXPECT_EQ(patched.camera.settings.bitrate.bps, 1'500'000);
  ASSERT_EQ(patch("{bitrate: 3M}").faults.size(), 1u);
  EXPECT_THAT(patch("{bitrate: 3M}").faults[0].what, HasSubstr("3M is not within 300k and 2M"));
  EXPECT_THAT(patch("{bitrate: {start: 3M, max: 4M}}").faults, IsEmpty()) << "who may change it may change its bounds";
}

TEST_F(Patching, ANewSourceIsNotHinderedByControlsThatWereSetForTheOneBefore) {
  start_with("cameras: {front: {source: \"v4l2:/dev/video0\", controls: {brightness: 20, contrast: 2}}}\n");
  const auto other = patch("{source: \"v4l2:/dev/video1?brightness=5\"}");
  ASSERT_THAT(other.faults, IsEmpty());
  EXPECT_THAT(
      other.camera.settings.source.controls,
      testing::UnorderedElementsAre(media::ControlSetting{"brightness", 5}, media::ControlSetting{"contrast", 2}));
  const auto none = patch("{source: \"test:\"}");
  ASSERT_THAT(none.faults, IsEmpty());
  EXPECT_THAT(none.camera.settings.source.controls, IsEmpty());
  EXPECT_EQ(patch("{source: \"v4l2:/dev/video1?brightness=5\", controls: {brightness: 6}}").faults.size(), 1u)
      << "both at once";
  EXPECT_EQ(patch("{source: \"test:\", controls: {brightness: 6}}").faults.size(), 1u);
}

TEST_F(Patching, MoreControlsThanOneCameraHasAreRefusedHoweverTheyCameTogether) {
  start_with("cameras: {front: \"v4l2:/dev/video0?brightness=1\"}\n");
  std::string more;
  for (int i = 0; i < 31; ++i) more += (i ? ", c" : "c") + std::to_string(i) + ": 1";
  const auto most = patch("{controls: {" + more + "}}");
  ASSERT_THAT(most.faults, IsEmpty());
  options.cameras.at(0) = most.camera;
  ASSERT_EQ(patch("{controls: {contrast: 1}}").faults.size(), 1u);
  EXPECT_THAT(patch("{controls: {contrast: 1}}").faults[0].text(), HasSubstr("33 controls"));
  EXPECT_THAT(patch("{controls: {c0: 2}}").faults, IsEmpty()) << "one that is set already";
}

TEST_F(Patching, AllFaultsComeAtOnce) {
  start_with("cameras: {front: \"test:\"}\n");
  std::vector<std::string> said;
  for (const auto& fault : patch("{size: 1281x720, fps: fast, rotat: 90, controls: {a: 1}}").faults)
    said.push_back(fault.what + " / " + fault.fix);
  EXPECT_THAT(said, ElementsAre(HasSubstr("odd side"), HasSubstr("fps: \"fast\""),
                                AllOf(HasSubstr("no key \"rotat\""), HasSubstr("did you mean rotate?")),
                                HasSubstr("only v4l2: cameras have controls")));
}

TEST_F(Patching, LaunchTextsAndFilesAreForbiddenWhateverElseIsWrong) {
  start_with("cameras: {front: \"test:\"}\n");
  for (const char* bad : {"{source: \"gst:videotestsrc\"}", "{source: \"file:/etc/passwd\", size: 3}",
                          "{source: \"gst:\"}", "{encoder: \"gst:x264enc\"}"}) {
    const auto patched = patch(bad);
    EXPECT_TRUE(patched.forbidden) << bad;
    ASSERT_FALSE(patched.faults.empty()) << bad;
    EXPECT_THAT(patched.faults[0].text(), HasSubstr("not taken over the network")) << bad;
  }
  EXPECT_FALSE(patch("{size: 3}").forbidden);
}

TEST_F(Patching, ACameraOfAForbiddenSourceMayChangeTheRest) {
  start_with("cameras: {front: \"gst:videotestsrc is-live=true\"}\n");
  const auto patched = patch("{bitrate: 1M}");
  EXPECT_THAT(patched.faults, IsEmpty());
  EXPECT_EQ(patched.camera.settings.source.kind, media::SourceKind::gst);
}

}  // namespace
}  // namespace bigfoot::robot
