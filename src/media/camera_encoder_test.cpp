// Encoders that a person wrote as launch text.

#include <gmock/gmock.h>

#include "media/camera_testing.hpp"

namespace bigfoot::media {
namespace {

CameraSettings with_encoder(const std::string& text) {
  CameraSettings settings = settings_for("test:?size=320x180");
  settings.encoder = text;
  return settings;
}

TEST_F(CameraTest, APersonsOwnEncoderGivesKeyFramesWhenAsked) {
  run(with_encoder("gst:x264enc tune=zerolatency key-int-max=100000 bitrate=500"));
  run_frames(5);
  EXPECT_TRUE(viewer.units().front().keyframe);
  EXPECT_EQ(camera->stats().encoder, "gst:");
  EXPECT_FALSE(camera->stats().takes_bitrate);
  viewer.forget();
  camera->set_bitrate(Bitrate{2'000'000});  // not for it to follow
  camera->request_keyframe();
  run_frames(10);
  const auto units = viewer.units();
  EXPECT_EQ(std::count_if(units.begin(), units.end(), [](const auto& unit) { return unit.keyframe; }), 1);
  EXPECT_EQ(sps_of(*std::find_if(units.begin(), units.end(), [](const auto& unit) { return unit.keyframe; })).size,
            (Size{320, 180}));
  EXPECT_TRUE(viewer.faults.empty());
}

TEST_F(CameraTest, APersonsOwnEncoderThatIsWrongIsNamed) {
  EXPECT_THAT(fault_of(with_encoder("gst:x264enc bframes=many")).text(), testing::HasSubstr("could not set property"));
  EXPECT_THAT(fault_of(with_encoder("gst:jpegenc")).text(), testing::HasSubstr("no encoder works at 320x180: gst:"));
}

}  // namespace
}  // namespace bigfoot::media
