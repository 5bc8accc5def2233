// Drivers of our own making: what a node is taken for, and what is asked where a driver does not say.
#include "media/v4l2_node.hpp"

#include <linux/videodev2.h>

#include <cerrno>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/v4l2_control.hpp"
#include "media/v4l2_mode.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct Driver {
  std::uint32_t can = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  const char* card = "HD Webcam";
  std::uint32_t set_format = V4L2_PIX_FMT_YUYV;
  std::uint32_t formats[2] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG};

  unsigned long lost_at = 0;  ///< this question and all after it are answered by `lost_by`
  int lost_by = ENODEV;
  bool then_back = false;      ///< that question alone
  bool sizes_between = false;  ///< 640x480 to 1920x1080, the largest at 30 fps, others at 60

  V4l2Node node() const {
    return V4l2Node([*this](unsigned long request, void* argument) { return answer(request, argument); });
  }
  bool answer(unsigned long request, void* argument) const {
    if (request == lost_at || then_back) lost = request == lost_at;
    errno = lost ? lost_by : EINVAL;
    if (lost) return false;
    if (request == VIDIOC_ENUM_FRAMESIZES && sizes_between) {
      auto& sizes = *static_cast<v4l2_frmsizeenum*>(argument);
      sizes.type = V4L2_FRMSIZE_TYPE_STEPWISE;
      sizes.stepwise = {640, 1920, 16, 480, 1080, 8};
      return true;
    }
    if (request == VIDIOC_ENUM_FRAMEINTERVALS && sizes_between) {
      auto& interval = *static_cast<v4l2_frmivalenum*>(argument);
      interval.type = V4L2_FRMIVAL_TYPE_DISCRETE;
      interval.discrete = {1, interval.width == 1920 ? 30U : 60U};
      return interval.index == 0;
    }
    if (request == VIDIOC_QUERYCAP) {
      auto& capability = *static_cast<v4l2_capability*>(argument);
      capability.capabilities = V4L2_CAP_DEVICE_CAPS;
      capability.device_caps = can;
      std::memcpy(capability.card, card, std::strlen(card));
      return true;
    }
    if (request == VIDIOC_ENUM_FMT) {
      auto& format = *static_cast<v4l2_fmtdesc*>(argument);
      format.pixelformat = formats[format.index < 2 ? format.index : 0];
      return format.index < 2;
    }
    if (request == VIDIOC_QUERYCTRL) {
      auto& control = *static_cast<v4l2_queryctrl*>(argument);
      if (control.id != V4L2_CTRL_FLAG_NEXT_CTRL) return false;
      control.id = V4L2_CID_PRIVATE_BASE;
      control.type = V4L2_CTRL_TYPE_BITMASK;
      std::memcpy(control.name, "Strobe Lines", sizeof "Strobe Lines");
      control.minimum = 0;
      control.maximum = control.default_value = -1;  // all 32 bits
      return true;
    }
    if (request == VIDIOC_G_FMT) {
      auto& set = *static_cast<struct ::v4l2_format*>(argument);
      set.fmt.pix.pixelformat = set_format;
      set.fmt.pix.width = 720;
      set.fmt.pix.height = 576;
      return true;
    }
    return false;  // it lists neither sizes nor rates
  }

  mutable bool lost = false;
};

V4l2Device identity(const Driver& driver) {
  V4l2Device device;
  EXPECT_EQ(driver.node().read_identity(device), 0);
  return device;
}

TEST(V4l2Node, WhatGivesNoPicturesByItselfIsNoCamera) {
  EXPECT_TRUE(identity({V4L2_CAP_VIDEO_CAPTURE}).captures);
  EXPECT_TRUE(identity({V4L2_CAP_VIDEO_CAPTURE_MPLANE}).captures);
  EXPECT_FALSE(identity({V4L2_CAP_META_CAPTURE}).captures);
  EXPECT_FALSE(identity({V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_M2M}).captures) << "a codec";
  EXPECT_FALSE(identity({V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_IO_MC}).captures) << "a Pi 5's receiver, without a graph";
}

TEST(V4l2Node, ACardsNameSteersNoTerminal) {
  EXPECT_EQ(identity({.card = "Cam\x1b[31m\n\x7f 2"}).card, "Cam [31m   2");
}

TEST(V4l2Node, ADriverThatListsNoSizesHasTheOneItIsSetTo) {
  const Driver grabber;
  V4l2Node node = grabber.node();
  V4l2Device device;
  ASSERT_EQ(node.read_identity(device), 0);
  EXPECT_EQ(node.read_modes(device), 0);
  ASSERT_THAT(device.modes, SizeIs(1)) << "nothing is known of the format that it is not set to";
  EXPECT_EQ(device.modes[0].fourcc, "YUYV");
  EXPECT_EQ(device.modes[0].size, (Size{720, 576}));
  EXPECT_EQ(device.modes[0].size_min, (Size{720, 576}));
  EXPECT_TRUE(device.modes[0].rates.empty());
}

TEST(V4l2Node, SixteenBitGreyTheOtherWayRoundIsNotTheFormatOfThatName) {
  const Driver thermal{.set_format = V4L2_PIX_FMT_Y16_BE, .formats = {V4L2_PIX_FMT_Y16_BE, V4L2_PIX_FMT_Y16_BE}};
  V4l2Node node = thermal.node();
  V4l2Device device;
  ASSERT_EQ(node.read_identity(device), 0);
  EXPECT_EQ(node.read_modes(device), 0);
  EXPECT_THAT(device.modes, SizeIs(0)) << "v4l2src would be asked for GRAY16_LE and not agree";
}

TEST(V4l2Node, ABitMaskReachesToItsLastBit) {
  V4l2Device device;
  device.card = "HD Webcam";
  EXPECT_EQ(Driver().node().read_controls(device), 0);
  ASSERT_THAT(device.controls, SizeIs(1));
  EXPECT_EQ(device.controls[0].name, "strobe_lines");
  EXPECT_EQ(device.controls[0].max, 0xffffffff);
  EXPECT_EQ(device.controls[0].normal, 0xffffffff);
  EXPECT_THAT(plan_controls(device, {{"strobe_lines", 0xffffffff}, {"strobe_lines", 5}}).refused, testing::IsEmpty());
  EXPECT_THAT(plan_controls(device, {{"strobe_lines", -1}}).changes, testing::IsEmpty());
}

TEST(V4l2Node, OfARangeOfSizesEachHasRatesOfItsOwn) {
  const Driver bridge{.sizes_between = true};
  V4l2Node node = bridge.node();
  const auto device = read_v4l2(node, "/dev/video0", {640, 480});
  ASSERT_TRUE(device) << device.error().text();
  const auto small = choose_v4l2_mode(*device, {"/dev/video0", "YUYV", {640, 480}, {60, 1}});
  ASSERT_TRUE(small) << small.error().text();
  EXPECT_EQ(small->text(), "YUYV 640x480@60");
  const auto large = choose_v4l2_mode(*device, {"/dev/video0", "YUYV", {1920, 1080}, {60, 1}});
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().fix, HasSubstr("YUYV 1920x1080@30"));
}

/// Gone after it was opened: it may be back at once, and is not to be given up.
TEST(V4l2Node, ACameraThatGoesWhileItIsAskedIsMissing) {
  for (const int failure : {ENODEV, ENXIO, EIO})
    for (const unsigned long question :
         {VIDIOC_QUERYCAP, VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMESIZES, VIDIOC_ENUM_FRAMEINTERVALS}) {
      const Driver driver{.lost_at = question, .lost_by = failure, .sizes_between = true};
      V4l2Node node = driver.node();
      const auto device = read_v4l2(node, "/dev/video0", {640, 480});
      ASSERT_FALSE(device) << failure << " at " << question;
      EXPECT_EQ(device.error().next, Next::restart_pipeline);
      EXPECT_THAT(device.error().what, HasSubstr("/dev/video0 does not open: "));
    }
  for (const int failure : {ENODEV, EIO}) {
    const Driver driver{.lost_at = VIDIOC_QUERYCTRL, .lost_by = failure};
    V4l2Node node = driver.node();
    EXPECT_FALSE(read_v4l2(node, "/dev/video0", {640, 480})) << failure;
  }
}

TEST(V4l2Node, AControlThatNeverAnswersIsNoReasonToDoWithoutTheCamera) {
  const Driver driver{.lost_at = VIDIOC_QUERYCTRL, .lost_by = EIO, .then_back = true};
  V4l2Node node = driver.node();
  const auto device = read_v4l2(node, "/dev/video0", {640, 480});
  ASSERT_TRUE(device) << device.error().text();
  EXPECT_THAT(plan_controls(*device, {}).refused, testing::IsEmpty());
  const Error why = plan_controls(*device, {{"brightness", 3}}).refused.at(0).why;
  EXPECT_EQ(why.next, Next::give_up);
  EXPECT_EQ(why.what, "HD Webcam does not list \"brightness\": its list of controls ends in an error");
}

TEST(V4l2Node, WhatKnowsNoSuchQuestionIsNoCamera) {
  const Driver file{.lost_at = VIDIOC_QUERYCAP, .lost_by = ENOTTY};
  V4l2Node node = file.node();
  EXPECT_EQ(read_v4l2(node, "/dev/video0", {}).error().what, "/dev/video0 is not a V4L2 device");
}

}  // namespace
}  // namespace bigfoot::media
