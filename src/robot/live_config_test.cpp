// A camera that takes its time with what was asked of it, or refuses it.
#include "robot/live_config.hpp"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/testing.hpp"

namespace bigfoot::robot {
namespace {

using media::ControlSetting;
using protocol::Setting;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class LiveConfigTest : public RobotLab {
 protected:
  void start_with(const std::string& yaml) {
    config::Table table = robot_table(options);
    ASSERT_THAT(table.set_from_file(config::parse_yaml(yaml, "r.yaml").root), IsEmpty());
    ASSERT_THAT(complete(options, "r"), IsEmpty());
    for (const CameraOption& camera : options.cameras) add_camera(camera.settings);
    viewers = std::make_unique<Viewers>(
        loop, transports.maker(), tracks(), counters.viewers(), ViewerLimits{}, [](const protocol::FromPeer&) {},
        Log());
    live = std::make_unique<LiveConfig>(loop, options, rungs, *viewers, log, [](const std::string& encoder, int gpu) {
      const bool here = encoder != "nvh264enc" || gpu == 1;
      return here ? std::nullopt : std::optional<Error>({"it is not here", "get one"});
    });
  }
  ~LiveConfigTest() override {
    live.reset();
    viewers.reset();
  }
  /// Number of the answer that comes, it may be later.
  std::size_t ask(std::vector<Setting> values, const std::string& camera = "front") {
    const std::size_t number = answers.size();
    answers.emplace_back();
    live->configure({"id" + std::to_string(number), camera, std::move(values)},
                    [this, number](protocol::Configured answer) { answers[number] = std::move(answer); });
    return number;
  }
  FakeCamera& front() { return *cameras.front(); }
  void settle() {
    front().is_settled = true;
    front().listener().on_settled();
  }
  void refuse(const std::string& name, const std::string& asked, const std::string& kept) {
    front().listener().on_refused({{"controls." + name, asked, kept, {"it has no " + name, "take another"}}});
  }
  std::vector<ControlSetting> controls() const { return options.cameras.at(0).settings.source.controls; }
  std::vector<ControlSetting> applied() { return front().applied.back().source.controls; }

  Log log;
  RobotOptions options;
  std::vector<std::optional<protocol::Configured>> answers;
  std::unique_ptr<Viewers> viewers;
  std::unique_ptr<LiveConfig> live;
};

constexpr const char* webcam = "cameras: {front: {source: \"v4l2:/dev/video9\", controls: {brightness: 5}}}\n";

TEST_F(LiveConfigTest, WhatTakesNoTimeIsAnsweredAtOnce) {
  start_with(webcam);
  ask({{"bitrate", "800k"}});
  ASSERT_TRUE(answers[0]);
  EXPECT_THAT(answers[0]->changed, ElementsAre("bitrate"));
  EXPECT_THAT(answers[0]->not_applied, IsEmpty());
  ask({});
  EXPECT_THAT(answers[1].value().changed, IsEmpty());
  ask({}, "rear");
  EXPECT_EQ(answers[2].value().error, "unknown-camera");
}

TEST_F(LiveConfigTest, AControlThatTheCameraRefusesIsSaidAndIsNotKept) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"controls.test_patern", "8"}});
  EXPECT_FALSE(answers[0]) << "the camera has not tried it";
  refuse("test_patern", "8", "");
  settle();
  ASSERT_TRUE(answers[0]);
  EXPECT_THAT(answers[0]->not_applied,
              ElementsAre(Setting{"controls.test_patern", "it has no test_patern (take another)"}));
  EXPECT_THAT(answers[0]->values, Not(Contains(testing::Field(&Setting::key, "controls.test_patern"))));
  EXPECT_THAT(answers[0]->changed, IsEmpty());
  EXPECT_THAT(controls(), ElementsAre(ControlSetting{"brightness", 5}));
  EXPECT_EQ(applied(), controls());
  ask({{"rotate", "180"}});
  EXPECT_EQ(applied(), controls()) << "it is not asked again with the next change";
}

TEST_F(LiveConfigTest, WhatACameraCouldNotBeAskedIsSaidAndStaysWanted) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"controls.brightness", "7"}});
  const std::size_t applied_before = front().applied.size();
  refuse("brightness", "7", "7");
  settle();
  ASSERT_TRUE(answers[0]);
  EXPECT_THAT(answers[0]->not_applied, ElementsAre(testing::Field(&Setting::key, "controls.brightness")));
  EXPECT_THAT(answers[0]->changed, ElementsAre("controls"));
  EXPECT_THAT(controls(), ElementsAre(ControlSetting{"brightness", 7}));
  EXPECT_EQ(front().applied.size(), applied_before) << "nothing else is asked of it";
}

TEST_F(LiveConfigTest, TheValueBeforeARefusedOneHolds) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"controls.brightness", "999"}, {"controls.contrast", "2"}});
  refuse("brightness", "999", "5");
  settle();
  EXPECT_THAT(controls(), UnorderedElementsAre(ControlSetting{"brightness", 5}, ControlSetting{"contrast", 2}));
  EXPECT_THAT(answers[0].value().changed, ElementsAre("controls"));
  EXPECT_THAT(answers[0].value().values, Contains(Setting{"controls.brightness", "5"}));
}

TEST_F(LiveConfigTest, ARefusalTakesNothingBackThatWasAskedLater) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"controls.brightness", "999"}});
  ask({{"controls.brightness", "7"}, {"controls.contrast", "2"}});
  refuse("brightness", "999", "5");
  EXPECT_THAT(controls(), UnorderedElementsAre(ControlSetting{"brightness", 7}, ControlSetting{"contrast", 2}));
  settle();
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_EQ(answers[1]->values, answers[0]->values);
  EXPECT_THAT(answers[1]->changed, ElementsAre("controls"));
}

TEST_F(LiveConfigTest, WhyTheCameraDoesNotOpenIsSaidUnderWhatWasAskedOfIt) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"size", "640x480"},
       {"rotate", "180"},
       {"controls.contrast", "2"},
       {"bitrate", "800k"},
       {"encoder", "x264enc"}});
  EXPECT_FALSE(answers[0]);
  ask({{"size", "640x480"}, {"bitrate", "800k"}});
  EXPECT_THAT(answers[1].value().not_applied, ElementsAre(testing::Field(&Setting::key, "size"))) << "nor is it known";
  front().source_fault = Error{"it has no 640x480", "take 320x240"};
  settle();
  ASSERT_TRUE(answers[0]);
  const std::string why = "it has no 640x480 (take 320x240)";
  EXPECT_THAT(answers[0]->not_applied,
              ElementsAre(Setting{"size", why}, Setting{"rotate", why}, Setting{"controls.contrast", why}));
  EXPECT_THAT(answers[0]->changed, Contains("size"));
  EXPECT_THAT(answers[0]->values, Contains(Setting{"size", "640x480"})) << "it is tried again and again";
  ask({{"size", "640x480"}});
  EXPECT_THAT(answers[2].value().changed, IsEmpty());
  EXPECT_THAT(answers[2]->not_applied, ElementsAre(Setting{"size", why})) << "who asks once more hears no less";
  front().source_fault.reset();
  ask({{"size", "320x240"}});
  EXPECT_THAT(answers[3].value().not_applied, IsEmpty());
}

TEST_F(LiveConfigTest, ACameraThatWasDeadBeforeIsNoReasonAgainstWhatDoesNotConcernIt) {
  start_with(webcam);
  front().source_fault = Error{"it is gone", "plug it in"};
  ask({{"bitrate", "800k"}, {"encoder", "x264enc"}});
  EXPECT_THAT(answers[0].value().not_applied, IsEmpty());
  EXPECT_THAT(answers[0]->changed, UnorderedElementsAre("bitrate", "encoder"));
  ask({});
  EXPECT_THAT(answers[1].value().not_applied, IsEmpty());
  front().source_fault.reset();
  front().encoder_fault = Error{"no encoder works", {}};
  ask({{"rotate", "180"}, {"encoder", "openh264enc"}, {"fps", "10"}});
  EXPECT_THAT(answers[2].value().not_applied,
              ElementsAre(Setting{"encoder", "no encoder works"}, Setting{"fps", "no encoder works"}));
}

TEST_F(LiveConfigTest, ACameraThatIsStillTriedHasNoFaultYet) {
  start_with(webcam);
  front().is_settled = false;
  front().source_fault = Error{"of before", {}};
  ask({{"source", "v4l2:/dev/video8"}});
  loop.advance(LiveConfig::answer_within);
  ASSERT_TRUE(answers[0]);
  ASSERT_EQ(answers[0]->not_applied.size(), 1u);
  EXPECT_EQ(answers[0]->not_applied[0].key, "source");
  EXPECT_THAT(answers[0]->not_applied[0].value, HasSubstr("not known yet"));
}

TEST_F(LiveConfigTest, WhatAnEncoderRefusedIsSaidOnce) {
  start_with("cameras: {front: {source: \"test:\", size: 640x360, fps: 10}}\n");
  front().is_settled = false;
  ask({{"size", "4096x2160"}});
  front().listener().on_refused({{"size", "4096x2160", "640x360", {"no encoder works", "lower it"}}});
  front().source_fault = Error{"it is gone", {}};
  settle();
  EXPECT_THAT(answers[0].value().not_applied, ElementsAre(Setting{"size", "no encoder works (lower it)"}));
}

TEST_F(LiveConfigTest, WhatWasRefusedBeforeTheWaitingEndedKeepsItsReason) {
  start_with("cameras: {front: {source: \"test:\", size: 640x360, fps: 10}}\n");
  front().is_settled = false;
  ask({{"size", "4096x2160"}, {"rotate", "180"}});
  front().listener().on_refused({{"size", "4096x2160", "640x360", {"no encoder works", "lower it"}}});
  EXPECT_FALSE(answers[0]);
  loop.advance(LiveConfig::answer_within);
  EXPECT_THAT(answers[0].value().not_applied, UnorderedElementsAre(Setting{"size", "no encoder works (lower it)"},
                                                                   testing::Field(&Setting::key, "rotate")));
}

TEST_F(LiveConfigTest, OfControlsThatWereNotAllRefusedTheOthersAreStillTried) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"controls.gain", "9999"}, {"controls.contrast", "2"}, {"rotate", "180"}});
  refuse("gain", "9999", "");
  loop.advance(LiveConfig::answer_within);
  const std::string unknown = "not known yet: the camera is still trying it; the robot's log will say";
  EXPECT_THAT(answers[0].value().not_applied,
              UnorderedElementsAre(Setting{"controls.gain", "it has no gain (take another)"},
                                   Setting{"controls.contrast", unknown}, Setting{"rotate", unknown}));
}

TEST_F(LiveConfigTest, TheLogNamesTheKeysThatTheCameraDoesNotTake) {
  testing::internal::CaptureStderr();
  log = Log(std::make_shared<LogWriter>(LogWriter::Options{}));
  start_with(webcam);
  ReadOptions read;
  config::Table table = robot_table(read.options);
  const char* other = "cameras: {front: {source: \"v4l2:/dev/video9\", size: 640x480, bitrate: 800k}}\n";
  ASSERT_THAT(table.set_from_file(config::parse_yaml(other, "r.yaml").root), IsEmpty());
  ASSERT_THAT(complete(read.options, "r"), IsEmpty());
  live->reread(read);
  front().source_fault = Error{"it has no 640x480", "take 320x240"};
  settle();
  settle();
  live.reset();
  log = {};  // what is queued is written
  const std::string said = testing::internal::GetCapturedStderr();
  const std::string line = "config.not_applied key=cameras.front.size why=\"it has no 640x480\" fix=\"take 320x240\"";
  const auto at = said.find(line);
  ASSERT_NE(at, std::string::npos) << said;
  EXPECT_EQ(said.find(line, at + 1), std::string::npos) << "once";
  EXPECT_THAT(said, Not(HasSubstr("config.not_applied key=cameras.front.bitrate")));
}

TEST_F(LiveConfigTest, ABitRateIsJudgedByTheStreamThatComesOfTheChange) {
  start_with(webcam);
  front().passed_through = true;
  ask({{"bitrate", "800k"}});
  EXPECT_THAT(answers[0].value().not_applied, ElementsAre(testing::Field(&Setting::key, "bitrate")));
  front().is_settled = false;
  ask({{"bitrate", "900k"}, {"passthrough", "never"}});
  front().passed_through = false;
  settle();
  EXPECT_THAT(answers[1].value().not_applied, IsEmpty()) << "it is encoded here now";
}

TEST_F(LiveConfigTest, ACameraThatTakesLongIsNotWaitedForForEver) {
  start_with(webcam);
  front().is_settled = false;
  ask({{"rotate", "180"}});
  loop.advance(LiveConfig::answer_within - 10ms);
  EXPECT_FALSE(answers[0]);
  loop.advance(20ms);
  ASSERT_TRUE(answers[0]);
  ASSERT_EQ(answers[0]->not_applied.size(), 1u);
  EXPECT_EQ(answers[0]->not_applied[0].key, "rotate");
  EXPECT_THAT(answers[0]->not_applied[0].value, HasSubstr("not known yet"));
  answers[0].reset();
  settle();
  EXPECT_FALSE(answers[0]) << "once";
}

TEST_F(LiveConfigTest, ManyThatWaitAreAnsweredAtOnce) {
  start_with(webcam);
  front().is_settled = false;
  for (std::size_t i = 0; i <= LiveConfig::waiting_max; ++i) ask({{"bitrate", std::to_string(500 + i) + "k"}});
  EXPECT_FALSE(answers[LiveConfig::waiting_max - 1]);
  EXPECT_TRUE(answers[LiveConfig::waiting_max]);
  settle();
  EXPECT_TRUE(answers[0] && answers[LiveConfig::waiting_max - 1]);
}

TEST_F(LiveConfigTest, ARefusedControlOfTheFileIsAskedAgainWhenThatIsReadAgain) {
  start_with("cameras: {front: {source: \"v4l2:/dev/video9?brightnes=3\", controls: {contrast: 2}}}\n");
  refuse("brightnes", "3", "");
  EXPECT_THAT(controls(), ElementsAre(ControlSetting{"contrast", 2}));
  EXPECT_EQ(options.cameras[0].uri, "v4l2:/dev/video9");
  ReadOptions read;
  config::Table table = robot_table(read.options);
  ASSERT_THAT(
      table.set_from_file(
          config::parse_yaml("cameras: {front: {source: \"v4l2:/dev/video9?brightnes=3\", controls: {contrast: 2}}}\n",
                             "r.yaml")
              .root),
      IsEmpty());
  ASSERT_THAT(complete(read.options, "r"), IsEmpty());
  live->reread(read);
  EXPECT_THAT(applied(), ElementsAre(ControlSetting{"brightnes", 3}, ControlSetting{"contrast", 2}));
}

TEST_F(LiveConfigTest, ASizeThatNoEncoderTakesIsTakenBack) {
  start_with("cameras: {front: {source: \"test:?size=640x360\", fps: 10}}\n");
  front().is_settled = false;
  ask({{"source", "test:?size=4096x2160"}, {"rotate", "180"}});
  front().listener().on_refused({{"size", "4096x2160", "640x360", {"no encoder works", "lower it"}}});
  settle();
  EXPECT_THAT(answers[0].value().not_applied, ElementsAre(Setting{"size", "no encoder works (lower it)"}));
  EXPECT_THAT(answers[0]->values, Contains(Setting{"size", "640x360"}));
  EXPECT_THAT(answers[0]->values, Contains(Setting{"rotate", "180"}));
  EXPECT_EQ(front().applied.back().size, (Size{640, 360}));
  EXPECT_EQ(front().applied.back().source.size, std::nullopt);
}

TEST_F(LiveConfigTest, WhatNoEncoderHereCanDoIsRefusedBeforeTheOneThatWorksIsClosed) {
  start_with(webcam);
  ask({{"size", "8192x8192"}});
  EXPECT_EQ(answers[0].value().error, "bad-values");
  EXPECT_THAT(answers[0]->faults.at(0).what, HasSubstr("no H.264 level carries 8192x8192"));
  ask({{"encoder", "nvh264enc"}});
  EXPECT_EQ(answers[1].value().error, "bad-values");
  EXPECT_THAT(answers[1]->faults.at(0).what, HasSubstr("it is not here"));
  EXPECT_THAT(front().applied, IsEmpty());
  ask({{"encoder", "openh264enc"}});
  EXPECT_EQ(answers[2].value().error, std::nullopt);
  options.resources.gpu = 1;
  ask({{"encoder", "nvh264enc"}});
  EXPECT_EQ(answers[3].value().error, std::nullopt) << "that one has it";
}

TEST(EncoderLack, IsThatOfTheGpuThatIsToEncode) {
  struct OneGpu : media::Host {
    bool has_node(const char*) const override { return true; }
    bool has_element(const char* element) const override { return element == std::string_view("nvh264enc"); }
  };
  EXPECT_FALSE(LiveConfig::encoder_lack("nvh264enc", 0, OneGpu()));
  const auto lacking = LiveConfig::encoder_lack("nvh264enc", 1, OneGpu());
  ASSERT_TRUE(lacking);
  EXPECT_THAT(lacking->what, HasSubstr("there is no GPU 1"));
}

}  // namespace
}  // namespace bigfoot::robot
