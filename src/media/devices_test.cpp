#include "media/devices.hpp"

#include <algorithm>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/camera_testing.hpp"
#include "media/gst/pipeline.hpp"
#include "media/presence_testing.hpp"

namespace bigfoot::media {
namespace {

using testing::HasSubstr;

/// Has the software that is really here, and claims hardware whose element is not.
struct Machine : Host {
  bool has_node(const char* pattern) const override { return std::string(pattern) == "/dev/dri/renderD128"; }
  bool has_element(const char* element) const override { return element != std::string("nvh264enc"); }
};

const CodecReport& report_of(const std::vector<CodecReport>& reports, const std::string& element) {
  return *std::find_if(reports.begin(), reports.end(), [&](const auto& report) { return report.element == element; });
}

struct Devices : testing::Test {
  Devices() {
    EXPECT_TRUE(gst::start());
    wanted.size = {640, 360};
    wanted.places.dev = "/nowhere";
    wanted.places.sys = "/nowhere";
    wanted.host = &software;
  }
  SoftwareHost software;
  GlibLoop loop;
  DevicesWanted wanted;
};

TEST_F(Devices, EveryRowIsReportedAndTheFirstThatWorksIsChosen) {
  std::vector<std::string> tried;
  const auto report = survey_devices(loop, wanted, [&tried](const std::string& what) { tried.push_back(what); });
  EXPECT_TRUE(report.cameras.empty());
  ASSERT_EQ(report.encoders.size(), encoder_table().size());
  EXPECT_EQ(report.h264_decoders.size() + report.h265_decoders.size() + report.jpeg_decoders.size(),
            decoder_table().size());
  for (const auto* reports : {&report.encoders, &report.h264_decoders, &report.h265_decoders, &report.jpeg_decoders}) {
    EXPECT_EQ(std::count_if(reports->begin(), reports->end(),
                            [](const auto& row) { return row.standing == Standing::chosen; }),
              1);
    for (const auto& row : *reports) {
      const bool works = row.standing == Standing::chosen || row.standing == Standing::works;
      EXPECT_EQ(row.why_not.empty(), works) << row.element;
      EXPECT_EQ(row.cores > 0, works) << row.element;
      EXPECT_STRNE(row.tested_on, "");
    }
  }
  EXPECT_EQ(report_of(report.encoders, "x264enc").standing, Standing::chosen);
  EXPECT_EQ(report_of(report.h264_decoders, "avdec_h264").standing, Standing::chosen);
  EXPECT_EQ(report_of(report.jpeg_decoders, "jpegdec").standing, Standing::chosen);
  EXPECT_THAT(tried,
              testing::IsSupersetOf({"cameras", "x264enc", "openh264enc", "avdec_h264", "avdec_h265", "jpegdec"}));
}

TEST_F(Devices, HardwareThatIsHereAndFailsIsToldFromHardwareThatIsNot) {
  Machine machine;
  wanted.host = &machine;
  const auto report = survey_devices(loop, wanted, [](const std::string&) {});
  const auto& broken = report_of(report.encoders, "vah264enc");
  EXPECT_EQ(broken.standing, Standing::failed) << "its device is here, its element cannot be made";
  EXPECT_THAT(broken.why_not, HasSubstr("vah264enc"));
  EXPECT_EQ(report_of(report.encoders, "mpph264enc").standing, Standing::absent);
  EXPECT_EQ(report_of(report.encoders, "x264enc").standing, Standing::chosen);
}

TEST_F(Devices, ACameraWhoseDriverHangsDoesNotHoldUpTheRest) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path / "dev");
  std::filesystem::create_directories(folder.path / "sys" / "video0");
  std::ofstream(folder.path / "dev" / "video0").put('\n');
  const auto release = std::make_shared<std::promise<void>>();
  wanted.places.dev = (folder.path / "dev").string();
  wanted.places.sys = (folder.path / "sys").string();
  wanted.places.inspect = [released = release->get_future().share()](const std::string&, Size) -> Result<V4l2Device> {
    released.wait();
    return V4l2Device{};
  };
  wanted.cameras_at_most = 200ms;
  const auto report = survey_devices(loop, wanted, [](const std::string&) {});
  release->set_value();
  ASSERT_EQ(report.cameras.size(), 1u);
  ASSERT_FALSE(report.cameras[0].device);
  EXPECT_THAT(report.cameras[0].device.error().what, HasSubstr("video0 does not answer"));
  EXPECT_EQ(report_of(report.encoders, "x264enc").standing, Standing::chosen);
}

TEST_F(Devices, ASizeThatNoEncoderCanIsSaidOfEach) {
  struct NoJpeg : Host {
    bool has_element(const char* element) const override {
      return std::string(element).find("jpeg") == std::string::npos && Host::has_element(element);
    }
  } no_jpeg;
  wanted.host = &no_jpeg;
  wanted.size = {8192, 8192};
  const auto report = survey_devices(loop, wanted, [](const std::string&) {});
  EXPECT_EQ(report_of(report.encoders, "x264enc").standing, Standing::failed);
  EXPECT_EQ(report_of(report.h264_decoders, "avdec_h264").standing, Standing::untried) << "that is no fault of its own";
  EXPECT_THAT(report_of(report.h264_decoders, "avdec_h264").why_not, HasSubstr("not tried: no encoder works"));
}

}  // namespace
}  // namespace bigfoot::media
