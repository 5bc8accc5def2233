#include "media/presence.hpp"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "media/camera_testing.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

struct Machine : Host {
  std::set<std::string> nodes, elements;
  bool has_node(const char* pattern) const override { return nodes.count(pattern) > 0; }
  bool has_element(const char* element) const override { return elements.count(element) > 0; }
};

constexpr Place jetson{"JetPack", "/dev/v4l2-nvenc /dev/nvhost-msenc", "Orin Nano has no encoder"};

TEST(Presence, AMissingDeviceIsSaidBeforeAMissingElement) {
  Machine machine;
  EXPECT_EQ(absence("nvv4l2h264enc", jetson, machine)->text(), "/dev/v4l2-nvenc missing (Orin Nano has no encoder)");
  machine.nodes = {"/dev/nvhost-msenc"};
  EXPECT_EQ(absence("nvv4l2h264enc", jetson, machine)->text(), "is not installed (JetPack has it)");
  machine.elements = {"nvv4l2h264enc"};
  EXPECT_FALSE(absence("nvv4l2h264enc", jetson, machine));
}

TEST(Presence, SoftwareNeedsNoDevice) {
  Machine machine;
  machine.elements = {"x264enc"};
  EXPECT_FALSE(absence("x264enc", {"gstreamer1.0-plugins-ugly", "", ""}, machine));
}

TEST(Presence, ThisMachineIsAskedByPatternAndByName) {
  ASSERT_TRUE(gst::start());
  const TemporaryFolder folder;
  const Host host;
  const std::string pattern = (folder.path / "renderD*").string();
  EXPECT_FALSE(host.has_node(pattern.c_str()));
  std::ofstream(folder.path / "renderD128").put('\n');
  EXPECT_TRUE(host.has_node(pattern.c_str()));
  EXPECT_TRUE(host.has_element("identity"));
  EXPECT_FALSE(host.has_element("no-such-element"));
}

}  // namespace
}  // namespace bigfoot::media
