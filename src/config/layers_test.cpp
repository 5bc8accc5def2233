#include "config/layers.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/flags.hpp"
#include "config/rows.hpp"

namespace bigfoot::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LayersOfARun : public testing::Test {
 protected:
  ~LayersOfARun() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& text) {
    const std::string path = folder / "r.yaml";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  int run(std::vector<const char*> words) {
    Program program{"bigfoot", "about", "1.2.3", {}};
    Table table;
    table.add(whole("max_viewers", "N", "most viewers", viewers, 1, 1000)).add(text("name", "NAME", "its name", name));
    program.verbs.push_back({"robot",
                             "the sender",
                             std::move(table),
                             [this] { return ++runs, 0; },
                             {},
                             true,
                             [this](const Layers& layers) { ignored = layers.ignored; }});
    for (const auto& [key, value] : environment) program.variables.push_back(key);
    words.insert(words.begin(), "bigfoot");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const int code =
        run_program(program, static_cast<int>(words.size()), words.data(), [&](const char* key) -> const char* {
          const auto found = environment.find(key);
          return found == environment.end() ? nullptr : found->second.c_str();
        });
    said = testing::internal::GetCapturedStderr();
    printed = testing::internal::GetCapturedStdout();
    return code;
  }

  static std::filesystem::path make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "bigfoot-config-XXXXXX";
    return mkdtemp(name.data());
  }

  const std::filesystem::path folder = make_folder();
  std::map<std::string, std::string> environment;
  int viewers = 8;
  std::string name;
  int runs = 0;
  std::vector<Fault> ignored;
  std::string said;
  std::string printed;
};

TEST_F(LayersOfARun, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  const std::string file = write("max_viewers: 2\nname: a\n");
  EXPECT_EQ(run({"robot", "--config", file.c_str()}), 0) << said;
  EXPECT_EQ(viewers, 2);
  environment["BIGFOOT_MAX_VIEWERS"] = "3";
  EXPECT_EQ(run({"robot", "--config", file.c_str(), "--name", "b"}), 0) << said;
  EXPECT_EQ(viewers, 3);
  EXPECT_EQ(name, "b");
  EXPECT_EQ(run({"robot", "--max-viewers", "4", "--config", file.c_str()}), 0) << said;
  EXPECT_EQ(viewers, 4);
  EXPECT_EQ(runs, 3);
}

TEST_F(LayersOfARun, TheFileIsNamedByFlagElseByTheEnvironmentElseThereIsNone) {
  const std::string file = write("max_viewers: 2\n");
  EXPECT_EQ(run({"robot"}), 0);
  EXPECT_EQ(viewers, 8);
  environment["BIGFOOT_CONFIG"] = file;
  EXPECT_EQ(run({"robot", "--print-config"}), 0);
  EXPECT_THAT(printed, HasSubstr("# file " + file + ":1"));
  environment["BIGFOOT_CONFIG"] = "/nowhere.yaml";
  EXPECT_EQ(run({"robot", "--config", file.c_str()}), 0) << said;
  EXPECT_EQ(run({"robot"}), 2);
  EXPECT_THAT(said, HasSubstr("/nowhere.yaml: there is no such file\n    check the path"));
}

TEST_F(LayersOfARun, AVariableThatNothingReadsIsSaidAndStopsNothing) {
  environment = {
      {"BIGFOOT_MAX_VIEWRS", "s3cret"}, {"BIGFOOT_NAME", "a"}, {"BIGFOOT_CONFIG", write("max_viewers: 3\n")}};
  EXPECT_EQ(run({"robot"}), 0);
  EXPECT_EQ(said, "") << "it is for the log of the verb";
  ASSERT_EQ(ignored.size(), 1u);
  EXPECT_EQ(ignored[0].where, "BIGFOOT_MAX_VIEWRS");
  const std::string warning =
      "warning: BIGFOOT_MAX_VIEWRS: nothing reads this variable\n    did you mean BIGFOOT_MAX_VIEWERS?\n";
  EXPECT_EQ(run({"check-config"}), 0);
  EXPECT_EQ(said, warning);
  EXPECT_EQ(run({"robot", "--print-config"}), 0);
  EXPECT_EQ(said, warning);
}

TEST_F(LayersOfARun, FaultsOfAllLayersComeInOneRun) {
  const std::string file = write("max_viewers: none\nnme: a\n");
  environment["BIGFOOT_MAX_VIEWERS"] = "0";
  EXPECT_EQ(run({"robot", "--config", file.c_str(), "--max-viewers", "many", "--nme", "x"}), 2);
  EXPECT_EQ(runs, 0);
  for (const char* expected : {":1: max_viewers: \"none\"", ":2: there is no key \"nme\"\n    did you mean name?",
                               "BIGFOOT_MAX_VIEWERS: \"0\"", "--max-viewers: \"many\"",
                               "--nme: there is no such flag\n    did you mean --name?"})
    EXPECT_THAT(said, HasSubstr(expected));
}

TEST_F(LayersOfARun, AWrongFlagIsNamedWithoutItsValue) {
  EXPECT_EQ(run({"robot", "--nme=s3cret"}), 2);
  EXPECT_THAT(said, HasSubstr("--nme: there is no such flag\n    did you mean --name?"));
  EXPECT_EQ(run({"robot", "rtsp://me:s3cret@cam/1"}), 2);
  EXPECT_THAT(said, HasSubstr("rtsp: nothing takes this word"));
  EXPECT_THAT(said, testing::Not(HasSubstr("s3cret")));
}

TEST_F(LayersOfARun, FilesThatCannotBeReadSayWhy) {
  EXPECT_EQ(run({"robot", "--config", folder.c_str()}), 2);
  EXPECT_THAT(said, HasSubstr("this is a directory\n    name the file in it"));
  EXPECT_EQ(run({"robot", "--config", write(std::string(yaml_bytes_max + 1, '#')).c_str()}), 2);
  EXPECT_THAT(said, HasSubstr("r.yaml: larger than 1048576 bytes"));
  EXPECT_EQ(run({"robot", "--config", write("name: \xE4\n").c_str()}), 2);
  EXPECT_THAT(said, HasSubstr("r.yaml:1: this is not UTF-8"));
  EXPECT_EQ(run({"robot", "--config", "/dev/zero"}), 2);
  EXPECT_THAT(said, HasSubstr("/dev/zero: this is a device or a pipe"));
}

TEST_F(LayersOfARun, CheckConfigSaysEveryFaultOrWhatTheFileGives) {
  EXPECT_EQ(run({"check-config", write("max_viewers: 0\nname: [a]\n").c_str()}), 2);
  EXPECT_THAT(said, HasSubstr("r.yaml:1: max_viewers"));
  EXPECT_THAT(said, HasSubstr("r.yaml:2: name"));
  const std::string file = write("max_viewers: 3\n");
  EXPECT_EQ(run({"check-config", file.c_str()}), 0);
  EXPECT_EQ(printed, file + ": good; it gives max_viewers\n");
  EXPECT_EQ(run({"check-config", "--config", file.c_str()}), 0);
  environment = {{"BIGFOOT_CONFIG", file}, {"BIGFOOT_NAME", "x"}};
  EXPECT_EQ(run({"check-config"}), 0);
  EXPECT_EQ(printed, file + ": good; it gives max_viewers; the environment gives name\n");
  EXPECT_EQ(run({"check-config", write("# nothing\n").c_str()}), 0);
  EXPECT_THAT(printed, HasSubstr("it gives no key, all is built in"));
  EXPECT_EQ(runs, 0);
}

TEST_F(LayersOfARun, CheckConfigWithoutAFileSaysHowToNameOne) {
  EXPECT_EQ(run({"check-config"}), 2);
  EXPECT_THAT(said, HasSubstr("bigfoot check-config FILE, or set BIGFOOT_CONFIG"));
  EXPECT_EQ(run({"check-confg"}), 2);
  EXPECT_THAT(said, HasSubstr("did you mean check-config?"));
}

TEST_F(LayersOfARun, AFileOfTheWrongKindDoesNotFillTheScreen) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "wheel" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(run({"check-config", write(many).c_str()}), 2);
  EXPECT_THAT(said, HasSubstr("… and 900 more"));
}

}  // namespace
}  // namespace bigfoot::config
