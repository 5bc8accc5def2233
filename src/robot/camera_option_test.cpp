#include "robot/camera_option.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/layers.hpp"

namespace bigfoot::robot {
namespace {

using config::Layer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CameraOptionTest : public testing::Test {
 protected:
  std::vector<std::string> faults_of_flags(const std::vector<std::string>& texts) {
    return said(table.set("cameras", texts, {Layer::flag, "--camera"}));
  }
  std::vector<std::string> faults_of_file(std::string_view text) {
    return said(table.set_from_file(config::parse_yaml(text, "r.yaml").root));
  }
  /// One key of the last camera, as --print-config shows it.
  std::string shown(const std::string& key) {
    const config::Table rows = camera_table(cameras.back());
    for (const config::Option& row : rows.options())
      if (row.key == key) return row.get();
    return "no such key";
  }

  std::vector<CameraOption> cameras;

 private:
  static std::vector<std::string> said(const std::vector<config::Fault>& faults) {
    std::vector<std::string> texts;
    for (const config::Fault& fault : faults) texts.push_back(fault.text());
    return texts;
  }
  config::Table table = [this] {
    config::Table one;
    one.add(cameras_row(cameras));
    return one;
  }();
};

TEST_F(CameraOptionTest, AFlagIsASourceWithOrWithoutAName) {
  EXPECT_THAT(faults_of_flags({"front=test:", "gst:videotestsrc pattern=ball ! video/x-raw"}), IsEmpty());
  ASSERT_EQ(cameras.size(), 2u);
  EXPECT_EQ(cameras[0].settings.name, "front");
  EXPECT_EQ(cameras[0].uri, "test:");
  EXPECT_EQ(cameras[1].settings.name, "") << "what stands before the first '=' is no name, but begins with a scheme";
  EXPECT_EQ(cameras[1].source.kind, media::SourceKind::gst);
  EXPECT_EQ(cameras[1].origins["source"].where, "--camera");
}

TEST_F(CameraOptionTest, AFlagThatIsNoneSaysWhatItShouldBe) {
  EXPECT_THAT(faults_of_flags({"front="}), ElementsAre(HasSubstr("names no source\n    write it like front=")));
  EXPECT_THAT(faults_of_flags({"the front=test:"}), ElementsAre(HasSubstr("\"the front\" is not a camera name")));
  std::string long_name(65, 'a');
  long_name += "=test:";
  EXPECT_THAT(faults_of_flags({long_name}), ElementsAre(HasSubstr("at most 64")));
}

TEST_F(CameraOptionTest, KeysOfTheFileAreShownAsTheyAreRead) {
  EXPECT_THAT(faults_of_file("cameras:\n"
                             "  rear:\n"
                             "    source: v4l2:/dev/video0\n"
                             "    fps: 30000/1001\n"
                             "    rotate: 90\n"
                             "    flip: vertical\n"
                             "    crop: 0,0,640x360\n"
                             "    passthrough: never\n"
                             "    controls: {gain: 1, brightness: -3}\n"),
              IsEmpty());
  for (const auto& [key, value] : {std::pair{"source", "v4l2:/dev/video0"},
                                   {"fps", "30000/1001"},
                                   {"rotate", "90"},
                                   {"flip", "vertical"},
                                   {"crop", "0,0,640x360"},
                                   {"passthrough", "never"},
                                   {"controls", "gain=1,brightness=-3"}})
    EXPECT_EQ(shown(key), value) << key;
  EXPECT_EQ(cameras.back().origins["rotate"].where, "r.yaml:5");
  EXPECT_FALSE(cameras.back().origins.contains("size")) << "it does not say";
}

TEST_F(CameraOptionTest, APasswordIsNotShown) {
  EXPECT_THAT(faults_of_flags({"front=rtsp://me:s3cret@cam/1"}), IsEmpty());
  EXPECT_EQ(shown("source"), "rtsp://me:***@cam/1");
  EXPECT_EQ(cameras.back().source.rtsp.password, "s3cret");
}

TEST_F(CameraOptionTest, AWordOfTheSourceThatIsWrittenAsAKeySaysWhereItStands) {
  for (const char* word : {"format", "card", "capture", "pattern", "transport", "codec", "latency"}) {
    const auto faults = faults_of_file("cameras: {a: {source: \"test:\", " + std::string(word) + ": x}}\n");
    ASSERT_EQ(faults.size(), 1u) << word;
    EXPECT_THAT(faults[0],
                HasSubstr("there is no key \"" + std::string(word) + "\"\n    it stands in the source, like "));
    const auto begin = faults[0].find("source: \"") + 9;
    const std::string example = faults[0].substr(begin, faults[0].rfind('"') - begin);
    EXPECT_TRUE(media::parse_source_uri(example)) << example;
    EXPECT_THAT(example, HasSubstr(std::string(word) + "="));
  }
}

TEST_F(CameraOptionTest, WhatControlsShouldBeIsSaidInTheirLine) {
  EXPECT_THAT(faults_of_file("cameras:\n  a: {source: \"v4l2:\", controls: [1]}\n"
                             "  b: {source: \"v4l2:\",\n    controls: {gain: much}}\n"),
              ElementsAre(HasSubstr("r.yaml:2: camera a: controls: names and numbers should stand below it"),
                          HasSubstr("r.yaml:4: camera b: controls: ")));
}

TEST(TestCamera, IsAPictureOfItsOwnWithoutAName) {
  const CameraOption camera = test_camera();
  EXPECT_EQ(camera.source.kind, media::SourceKind::test);
  EXPECT_EQ(camera.settings.name, "");
}

}  // namespace
}  // namespace bigfoot::robot
