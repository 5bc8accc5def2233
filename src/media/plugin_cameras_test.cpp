#include "media/plugin_cameras.hpp"

#include <filesystem>
#include <fstream>

#include <gst/gst.h>
#include <gtest/gtest.h>

#include "media/camera_testing.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

struct FakeDevice {
  GstDevice device;
};
struct FakeDeviceClass {
  GstDeviceClass device;
};
G_DEFINE_TYPE(FakeDevice, fake_device, GST_TYPE_DEVICE)
void fake_device_class_init(FakeDeviceClass*) {}
void fake_device_init(FakeDevice*) {}

/// As libcamera 0.0.3 makes its devices: the camera's id is the name of both kinds.
struct FakeProvider {
  GstDeviceProvider provider;
};
struct FakeProviderClass {
  GstDeviceProviderClass provider;
};
G_DEFINE_TYPE(FakeProvider, fake_provider, GST_TYPE_DEVICE_PROVIDER)
void fake_provider_class_init(FakeProviderClass* type) {
  auto* provider = GST_DEVICE_PROVIDER_CLASS(type);
  gst_device_provider_class_set_static_metadata(provider, "fake", "Source/Video", "fake", "Bigfoot");
  provider->probe = [](GstDeviceProvider*) {
    GList* devices = nullptr;
    for (const char* id : {"\\_SB_.PCI0.XHC_.RHUB.HS07-7:1.0-046d:082d", "/base/soc/i2c0mux/i2c@1/imx219@10"}) {
      auto* caps = gst_caps_new_any();
      devices = g_list_prepend(devices, g_object_new(fake_device_get_type(), "name", id, "display-name", id, "caps",
                                                     caps, "device-class", "Source/Video", nullptr));
      gst_caps_unref(caps);
    }
    return devices;
  };
}
void fake_provider_init(FakeProvider*) {}

TEST(PluginCameras, WhatLibcameraFindsButNotOnUsb) {
  ASSERT_TRUE(gst::start());
  ASSERT_TRUE(gst_device_provider_register(nullptr, "fakeprovider", GST_RANK_NONE, fake_provider_get_type()));
  const auto cameras = list_libcamera({.libcamera_provider = "fakeprovider"});
  ASSERT_EQ(cameras.size(), 1u);
  EXPECT_EQ(cameras[0].card, "imx219@10");
  EXPECT_EQ(cameras[0].target, "/base/soc/i2c0mux/i2c@1/imx219@10");
  EXPECT_EQ(paste_line(cameras[0]), "--camera 'front=libcamera:/base/soc/i2c0mux/i2c@1/imx219@10'");
  EXPECT_EQ(parse_source_uri("libcamera:" + cameras[0].target)->target, cameras[0].target) << "the line is read again";
  EXPECT_TRUE(list_libcamera({.libcamera_provider = "nosuchprovider"}).empty());
}

TEST(PluginCameras, TheModulesOfAJetson) {
  ASSERT_TRUE(gst::start());
  const TemporaryFolder tree;
  const auto add = [&tree](const std::string& module, const std::string& badge, const std::string& status) {
    std::filesystem::create_directories(tree.path / module);
    std::ofstream(tree.path / module / "badge") << badge << '\0';
    if (!status.empty()) std::ofstream(tree.path / module / "status") << status << '\0';
  };
  add("module0", "imx219_rear_RBPCV2", "");
  add("module1", "imx219_front", "disabled");
  add("module2", "ov5693_bottom", "okay");
  const auto cameras = list_argus({.argus_element = "identity", .argus_modules = tree.path});
  ASSERT_EQ(cameras.size(), 2u);
  EXPECT_EQ(cameras[0].card, "imx219_rear_RBPCV2");
  EXPECT_EQ(paste_line(cameras[0]), "--camera 'front=argus:0'");
  EXPECT_EQ(cameras[1].card, "ov5693_bottom");
  EXPECT_EQ(paste_line(cameras[1], "rear"), "--camera 'rear=argus:1'");
  EXPECT_TRUE(list_argus({.argus_modules = tree.path}).empty()) << "no Jetson: its plugin is not here";
}

}  // namespace
}  // namespace bigfoot::media
