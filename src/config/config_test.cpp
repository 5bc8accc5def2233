#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/flags.hpp"
#include "config/rows.hpp"

namespace bigfoot::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Places {
  std::string server = "ws://127.0.0.1:8080";
  Bitrate rate{2'500'000};
  int viewers = 8;
  bool qos = true;
  std::vector<std::string> cameras;
  Size size{1280, 720};
};

Table table_of(Places& places) {
  Table table;
  table.add(text("server", "URL", "the server", places.server))
      .add(bitrate("bitrate", "target", places.rate))
      .add(whole("max_viewers", "N", "most viewers", places.viewers, 1, 1000))
      .add(toggle("ice.qos", "mark packets", places.qos))
      .add(size("size", "picture size", places.size))
      .add(list("cameras", "camera", "[NAME=]URI", "a camera", places.cameras));
  return table;
}

/// Runs `bigfoot robot …` with these words and environment.
int run(Places& places, std::vector<const char*> words, const std::map<std::string, std::string>& environment = {}) {
  Program program{"bigfoot", "about", "1.2.3", {}};
  program.verbs.push_back({"robot", "the sender", table_of(places), [] { return 0; }});
  words.insert(words.begin(), {"bigfoot", "robot"});
  return run_program(program, static_cast<int>(words.size()), words.data(), [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(Config, FlagsBeatTheEnvironmentWhichBeatsDefaults) {
  Places places;
  EXPECT_EQ(run(places, {"--bitrate", "3M"}, {{"BIGFOOT_BITRATE", "1M"}, {"BIGFOOT_MAX_VIEWERS", "3"}}), 0);
  EXPECT_EQ(places.rate.bps, 3'000'000);
  EXPECT_EQ(places.viewers, 3);
  EXPECT_EQ(places.server, "ws://127.0.0.1:8080");
}

TEST(Config, AListReplacesTheLowerLayersList) {
  Places places;
  EXPECT_EQ(run(places, {"--camera", "front=test:", "--camera", "rear=test:?a=1,b=2"}, {{"BIGFOOT_CAMERA", "x,y"}}), 0);
  EXPECT_THAT(places.cameras, ElementsAre("front=test:", "rear=test:?a=1,b=2"));
  EXPECT_EQ(run(places, {}, {{"BIGFOOT_CAMERA", "x,y"}}), 0);
  EXPECT_THAT(places.cameras, ElementsAre("x", "y"));
}

TEST(Config, SwitchesTurnOnAndOff) {
  Places places;
  EXPECT_EQ(run(places, {"--no-ice-qos"}), 0);
  EXPECT_FALSE(places.qos);
  EXPECT_EQ(run(places, {"--ice-qos"}), 0);
  EXPECT_TRUE(places.qos);
}

TEST(Config, AllFaultsInOneRunEachWithAWayOut) {
  Places places;
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(places, {"--bitrat", "3M", "--size", "1281x720", "--max-viewers", "0"}, {{"BIGFOOT_BITRATE", "fast"}}),
            2);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("did you mean --bitrate?"));
  EXPECT_THAT(said, HasSubstr("--size: \"1281x720\" has an odd side"));
  EXPECT_THAT(said, HasSubstr("--max-viewers: \"0\" is not a whole number from 1 to 1000"));
  EXPECT_THAT(said, HasSubstr("BIGFOOT_BITRATE: \"fast\" is not a bit rate"));
}

TEST(Config, FaultsOfSeveralOptionsTogetherComeInTheSameRun) {
  Places places;
  Program program{"bigfoot", "about", "1.2.3", {}};
  program.verbs.push_back({"robot", "the sender", table_of(places), [] { return 0; },
                           [] {
                             return std::vector<Fault>{{"--camera", "two cameras are named \"front\"", ""}};
                           }});
  testing::internal::CaptureStderr();
  const std::vector<const char*> words{"bigfoot", "robot", "--size", "big"};
  EXPECT_EQ(run_program(program, static_cast<int>(words.size()), words.data(), [](const char*) { return nullptr; }), 2);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("--size: \"big\""));
  EXPECT_THAT(said, HasSubstr("two cameras are named"));
}

TEST(Config, AVerbThatThereIsNotNamesTheNearest) {
  Places places;
  Program program{"bigfoot", "about", "1.2.3", {}};
  program.verbs.push_back({"robot", "the sender", table_of(places), [] { return 0; }});
  const auto said = [&](const std::vector<const char*>& words) {
    testing::internal::CaptureStderr();
    const int code =
        run_program(program, static_cast<int>(words.size()), words.data(), [](const char*) { return nullptr; });
    EXPECT_EQ(code, 2);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(said({"bigfoot"}), HasSubstr("it needs a verb\n    the verbs are: robot"));
  EXPECT_THAT(said({"bigfoot", "robt"}), HasSubstr("there is no verb \"robt\"\n    did you mean robot?"));
}

TEST(Config, HelpAndVersionAreWordsToo) {
  Places places;
  Program program{"bigfoot", "what it is for", "1.2.3", {}};
  program.verbs.push_back({"robot", "the sender", table_of(places), [] { return 0; }});
  const auto said = [&](const std::vector<const char*>& words) {
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_program(program, static_cast<int>(words.size()), words.data(), [](const char*) { return nullptr; }),
              0);
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_EQ(said({"bigfoot", "version"}), "bigfoot 1.2.3\n");
  EXPECT_THAT(said({"bigfoot", "help"}), HasSubstr("what it is for"));
  EXPECT_EQ(said({"bigfoot", "help"}), said({"bigfoot", "--help"}));
  EXPECT_EQ(said({"bigfoot", "help", "robot"}), said({"bigfoot", "robot", "--help"}));
  EXPECT_THAT(said({"bigfoot", "help", "robot"}), HasSubstr("--max-viewers"));
}

TEST(Config, TheHelpShowsAVariableOfItsOwn) {
  Places places;
  testing::internal::CaptureStdout();
  EXPECT_EQ(run(places, {"--help"}), 0);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("--max-viewers is BIGFOOT_MAX_VIEWERS"));
}

TEST(Config, ASingleOptionGivenTwiceIsAFault) {
  Places places;
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(places, {"--bitrate", "3M", "--bitrate", "4M"}), 2);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("--bitrate: given 2 times"));
}

TEST(Config, AWordWithoutAFlagIsTheValueOfTheVerbsRow) {
  Places places;
  Program program{"bigfoot", "about", "1.2.3", {}};
  program.verbs.push_back({"view", "the viewer", table_of(places), [] { return 0; }});
  program.verbs[0].word = "server";
  const auto run = [&](std::vector<const char*> words) {
    words.insert(words.begin(), {"bigfoot", "view"});
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const int code =
        run_program(program, static_cast<int>(words.size()), words.data(), [](const char*) { return nullptr; });
    return std::to_string(code) + testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(run({"--bitrate", "3M", "rover-7/front", "--size", "640x480"}), "0");
  EXPECT_EQ(places.server, "rover-7/front");
  EXPECT_EQ(places.rate.bps, 3'000'000);
  EXPECT_THAT(run({"rover-8", "--server", "rover-9"}), HasSubstr("URL: given 2 times"));
  EXPECT_THAT(run({"--help"}), HasSubstr("[URL]"));
}

TEST(Config, PrintConfigSaysWhereEachValueCameFrom) {
  Places places;
  testing::internal::CaptureStdout();
  EXPECT_EQ(run(places, {"--bitrate", "3M", "--print-config"}, {{"BIGFOOT_SIZE", "640x480"}}), 0);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, testing::ContainsRegex("bitrate = 3M +# flag --bitrate"));
  EXPECT_THAT(said, testing::ContainsRegex("size = 640x480 +# environment BIGFOOT_SIZE"));
  EXPECT_THAT(said, testing::ContainsRegex("max_viewers = 8 +# default"));
}

}  // namespace
}  // namespace bigfoot::config
