// Drivers of our own making: what a node is taken for, and what is asked where a driver does not say.
#include "media/v4l2_node.hpp"

#include <linux/videodev2.h>

#include <cerrno>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/v4l2_control.hpp"

namespace bigfoot::media {
namespace {

using testing::SizeIs;

struct Driver {
  std::uint32_t can = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  const char* card = "HD Webcam";
  std::uint32_t set_format = V4L2_PIX_FMT_YUYV;
  std::uint32_t formats[2] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG};

  V4l2Node node() const {
    return V4l2Node([*this](unsigned long request, void* argument) { return answer(request, argument); });
  }
  bool answer(unsigned long request, void* argument) const {
    errno = EINVAL;
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
};

V4l2Device identity(const Driver& driver) {
  V4l2Device device;
  EXPECT_TRUE(driver.node().read_identity(device));
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
  ASSERT_TRUE(node.read_identity(device));
  node.read_modes(device);
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
  ASSERT_TRUE(node.read_identity(device));
  node.read_modes(device);
  EXPECT_THAT(device.modes, SizeIs(0)) << "v4l2src would be asked for GRAY16_LE and not agree";
}

TEST(V4l2Node, ABitMaskReachesToItsLastBit) {
  V4l2Device device;
  device.card = "HD Webcam";
  Driver().node().read_controls(device);
  ASSERT_THAT(device.controls, SizeIs(1));
  EXPECT_EQ(device.controls[0].name, "strobe_lines");
  EXPECT_EQ(device.controls[0].max, 0xffffffff);
  EXPECT_EQ(device.controls[0].normal, 0xffffffff);
  EXPECT_TRUE(plan_controls(device, {{"strobe_lines", 0xffffffff}}));
  EXPECT_TRUE(plan_controls(device, {{"strobe_lines", 5}}));
  EXPECT_FALSE(plan_controls(device, {{"strobe_lines", -1}}));
}

}  // namespace
}  // namespace bigfoot::media
