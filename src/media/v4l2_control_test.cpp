#include "media/v4l2_control.hpp"

#include <linux/videodev2.h>

#include <cerrno>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/v4l2_node.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

V4l2Control control(std::uint32_t id, const std::string& name, V4l2ControlKind kind, std::int64_t min, std::int64_t max,
                    std::int64_t normal) {
  V4l2Control made;
  made.id = id;
  made.name = name;
  made.kind = kind;
  made.min = min;
  made.max = max;
  made.normal = made.value = normal;
  return made;
}

V4l2Device webcam() {
  V4l2Device device;
  device.card = "HD Webcam";
  device.controls = {control(1, "brightness", V4l2ControlKind::number, -64, 64, 0),
                     control(2, "power_line_frequency", V4l2ControlKind::menu, 0, 2, 2),
                     control(3, "exposure_dynamic_framerate", V4l2ControlKind::boolean, 0, 1, 1),
                     control(4, "exposure_time_absolute", V4l2ControlKind::number, 10, 10000, 160),
                     control(5, "temperature", V4l2ControlKind::number, 0, 100, 30)};
  device.controls[1].items = {{0, "Disabled"}, {1, "50 Hz"}, {2, "60 Hz"}};
  device.controls[3].step = 10;
  device.controls[4].read_only = true;
  return device;
}

std::string planned(const V4l2Device& device, const std::vector<ControlSetting>& settings) {
  const auto plan = plan_controls(device, settings);
  EXPECT_THAT(plan.refused, testing::IsEmpty());
  std::string text;
  for (const auto& change : plan.changes)
    text += change.name + "=" + std::to_string(change.value) + (change.by_default ? "! " : " ");
  return text;
}

TEST(V4l2Controls, LowLightMayNotHalveTheRateUnlessAskedFor) {
  EXPECT_EQ(planned(webcam(), {}), "exposure_dynamic_framerate=0! ");
  EXPECT_EQ(planned(webcam(), {{"exposure_dynamic_framerate", 1}}), "exposure_dynamic_framerate=1 ");
  EXPECT_EQ(planned(webcam(), {{"exposure_auto_priority", 1}}), "exposure_dynamic_framerate=1 ") << "its old name";
  auto old = webcam();
  old.controls[2].name = "exposure_auto_priority";
  EXPECT_EQ(planned(old, {}), "exposure_auto_priority=0! ");
  EXPECT_EQ(planned(old, {{"exposure_dynamic_framerate", 1}}), "exposure_auto_priority=1 ");
  auto set = webcam();
  set.controls[2].value = 0;
  EXPECT_EQ(planned(set, {}), "") << "nothing to do, nothing to report";
  EXPECT_EQ(planned(V4l2Device{}, {}), "");
}

TEST(V4l2Controls, AreSetInTheOrderOfTheUri) {
  EXPECT_EQ(planned(webcam(), {{"power_line_frequency", 1}, {"brightness", -5}}),
            "exposure_dynamic_framerate=0! power_line_frequency=1 brightness=-5 ");
}

struct Wrong {
  ControlSetting setting;
  const char* what;
  const char* fix;
};

TEST(V4l2Controls, WhatIsWrongAndWhatToWrite) {
  for (const Wrong& wrong : {
           Wrong{{"brightnes", 3},
                 "HD Webcam has no control \"brightnes\"",
                 "the nearest is brightness; there are brightness, power_line_frequency, exposure_dynamic_framerate, "
                 "exposure_time_absolute"},
           Wrong{{"brightness", 65}, "does not take brightness=65", "brightness takes -64 to 64, normally 0"},
           Wrong{{"exposure_time_absolute", 15}, "exposure_time_absolute=15", "takes 10 to 10000 in steps of 10"},
           Wrong{{"power_line_frequency", 3}, "power_line_frequency=3", "takes 0 (Disabled), 1 (50 Hz), 2 (60 Hz)"},
           Wrong{{"exposure_dynamic_framerate", 2}, "exposure_dynamic_framerate=2", "takes 0 or 1"},
           Wrong{{"temperature", 20}, "does not let \"temperature\" be set", "take it out"},
       }) {
    const auto plan = plan_controls(webcam(), {{"brightness", 7}, wrong.setting, {"exposure_time_absolute", 20}});
    ASSERT_EQ(plan.refused.size(), 1u) << wrong.setting.name;
    EXPECT_EQ(plan.refused[0].setting, wrong.setting);
    EXPECT_THAT(plan.refused[0].why.what, HasSubstr(wrong.what));
    EXPECT_THAT(plan.refused[0].why.fix, HasSubstr(wrong.fix));
    EXPECT_GE(plan.changes.size(), 2u) << "the others are set";
  }
  EXPECT_THAT(plan_controls(V4l2Device{}, {{"gain", 1}}).refused.at(0).why.fix, HasSubstr("none at all"));
}

TEST(V4l2Controls, ADeviceThatIsGoneIsSaid) {
  EXPECT_TRUE(apply_controls("/dev/video-nowhere", {}));
  EXPECT_THAT(apply_controls("/dev/video-nowhere", {{1, "brightness", 3}}).error().what, HasSubstr("does not open"));
}

TEST(V4l2Controls, WhatTheDriverRefusesIsSaidByTheNameThatWasWritten) {
  const auto refused =
      apply_controls("/dev/null", {{1, "exposure_dynamic_framerate", 0, true},
                                   {1, "brightness", 3},
                                   {2, "exposure_dynamic_framerate", 1, false, "exposure_auto_priority"}});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 2u) << "ours is only a wish";
  EXPECT_EQ(refused->at(0).setting, (ControlSetting{"brightness", 3}));
  EXPECT_THAT(refused->at(0).why.what, HasSubstr("/dev/null refuses brightness=3: "));
  EXPECT_EQ(refused->at(1).setting, (ControlSetting{"exposure_auto_priority", 1}));
}

/// A camera that answers `failure` when one control is set; `there`: it is not being unplugged.
V4l2Node stubborn(int failure, bool there) {
  return V4l2Node([=](unsigned long request, void* argument) {
    const bool set = request == VIDIOC_S_CTRL;
    errno = set ? failure : ENODEV;
    return set ? static_cast<v4l2_control*>(argument)->id != 1 : there;
  });
}

TEST(V4l2Controls, ANoIsOneForGoodAndWhatIsNeitherYesNorNoMayBecomeOne) {
  for (const int failure : {EINVAL, ERANGE, EACCES, EPERM, ENOTTY, EIO, EBUSY, EPIPE, ETIMEDOUT, EREMOTE}) {
    const bool no =
        failure == EINVAL || failure == ERANGE || failure == EACCES || failure == EPERM || failure == ENOTTY;
    const auto refused =
        apply_controls(stubborn(failure, true), "/dev/video0", {{1, "brightness", 3}, {2, "contrast", 4}});
    ASSERT_TRUE(refused) << std::strerror(failure);
    ASSERT_EQ(refused->size(), 1u) << std::strerror(failure);
    EXPECT_EQ(refused->at(0).why.next, no ? Next::give_up : Next::retry) << std::strerror(failure);
    EXPECT_THAT(refused->at(0).why.what, HasSubstr(std::strerror(failure)));
  }
}

TEST(V4l2Controls, ACameraThatIsBeingUnpluggedRefusesNothing) {
  for (const int failure : {ENODEV, ENXIO, EIO, EPIPE, EBUSY, ETIMEDOUT})
    for (const bool ours : {false, true}) {
      const auto refused = apply_controls(stubborn(failure, false), "/dev/video0", {{1, "brightness", 3, ours}});
      ASSERT_FALSE(refused) << std::strerror(failure);
      EXPECT_EQ(refused.error().next, Next::restart_pipeline);
    }
}

}  // namespace
}  // namespace bigfoot::media
