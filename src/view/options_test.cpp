#include "view/options.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> faults_of(ViewOptions& options,
                                   const std::vector<std::pair<std::string, std::string>>& flags) {
  auto table = view_table(options);
  std::vector<std::string> said;
  for (const auto& [key, value] : flags)
    for (const auto& fault : table.set(key, {value}, {config::Layer::flag, "--" + key})) said.push_back(fault.text());
  for (const auto& fault : complete(options)) said.push_back(fault.text());
  return said;
}

TEST(ViewOptions, ARobotOrOneOfItsCameras) {
  ViewOptions all;
  EXPECT_THAT(faults_of(all, {{"robot", "rover-7"}}), IsEmpty());
  EXPECT_EQ(all.robot, "rover-7");
  EXPECT_EQ(all.camera, "");
  EXPECT_EQ(all.title(), "rover-7");
  ViewOptions one;
  EXPECT_THAT(faults_of(one, {{"robot", "Küche 2/front"}}), IsEmpty());
  EXPECT_EQ(one.robot, "Küche 2");
  EXPECT_EQ(one.camera, "front");
  EXPECT_EQ(one.title(), "Küche 2/front");
  for (const char* bad : {"", "/front", "rover-7/", "a/b/c", "..", "rover\n7"}) {
    ViewOptions options;
    EXPECT_FALSE(faults_of(options, {{"robot", bad}}).empty()) << bad;
  }
}

TEST(ViewOptions, ARobotOrAWhepAddressAndNotBoth) {
  ViewOptions none;
  EXPECT_THAT(faults_of(none, {}).at(0), HasSubstr("bigfoot view rover-7 --server"));
  ViewOptions both;
  EXPECT_THAT(faults_of(both, {{"robot", "rover-7"}, {"whep", "http://127.0.0.1:8080/whep/x"}}).at(0),
              HasSubstr("keep one of them"));
  ViewOptions whep;
  EXPECT_THAT(faults_of(whep, {{"whep", "https://media.example.org/whep/x"}}), IsEmpty());
  EXPECT_EQ(whep.title(), "https://media.example.org/whep/x");
}

TEST(ViewOptions, ATokenStandsInAFileAndIsForWhep) {
  const std::string path = testing::TempDir() + "/view_token";
  std::ofstream(path) << "s3cret.token\r\n";
  const std::pair<std::string, std::string> whep{"whep", "https://media.example.org/x"};
  ViewOptions good;
  EXPECT_THAT(faults_of(good, {whep, {"token_file", path}}), IsEmpty());
  EXPECT_EQ(good.token, "s3cret.token");
  EXPECT_THAT(config::to_text(view_table(good).shown()), testing::Not(HasSubstr("s3cret")));
  ViewOptions missing;
  EXPECT_THAT(faults_of(missing, {whep, {"token_file", path + ".no"}}).at(0), HasSubstr("no such file"));
  ViewOptions robot;
  EXPECT_THAT(faults_of(robot, {{"robot", "r"}, {"token_file", path}}).at(0), HasSubstr("a token is for --whep"));
}

TEST(ViewOptions, LoopbackMediaOnlyWithWhoIsOnLoopback) {
  ViewOptions options;
  faults_of(options, {{"robot", "r"}});
  EXPECT_TRUE(options.ice.loopback);
  ViewOptions far;
  faults_of(far, {{"robot", "r"}, {"server", "https://fleet.example.org"}});
  EXPECT_FALSE(far.ice.loopback);
  ViewOptions whep;
  faults_of(whep, {{"whep", "https://media.example.org/x"}});
  EXPECT_FALSE(whep.ice.loopback) << "the server's address that is built in is not asked";
}

TEST(ViewOptions, BadValuesSayHowToWriteThem) {
  const std::vector<std::tuple<std::string, std::string, std::string>> rows{
      {"server", "fleet", "write it like https://"},
      {"whep", "ws://x/whep", "give its name and --server"},
      {"decoder", "avdec_h265", "avdec_h264"},
      {"decoder", "avdec_h26", "avdec_h264"},
      {"smooth", "1001", "from 0 to 1000"},
      {"smooth", "20ms", "whole number of milliseconds"},
      {"record", "out.mp4", ".mkv"},
      {"ice.ports", "80-90", "50000-50100"},
      {"log.level", "loud", "debug|info|warn|error"},
  };
  for (const auto& [key, value, words] : rows) {
    ViewOptions options;
    const auto faults =
        key == "whep" ? faults_of(options, {{key, value}}) : faults_of(options, {{"robot", "r"}, {key, value}});
    ASSERT_EQ(faults.size(), 1u) << key << " " << value;
    EXPECT_THAT(faults[0], HasSubstr(words));
  }
}

TEST(ViewOptions, WhatCannotBeReadWasGivenAllTheSame) {
  ViewOptions whep;
  EXPECT_THAT(faults_of(whep, {{"whep", "ftp://media.example.org/x"}, {"token_file", "/dev/null"}}),
              testing::ElementsAre(HasSubstr("is no WHEP address"), HasSubstr("this is a device")));
  ViewOptions robot;
  EXPECT_THAT(faults_of(robot, {{"robot", "a/b/c"}}), testing::ElementsAre(HasSubstr("is no name of a camera")));
  ViewOptions both;
  EXPECT_THAT(faults_of(both, {{"robot", "r"}, {"whep", "ftp://media.example.org/x"}}),
              testing::ElementsAre(HasSubstr("is no WHEP address"), HasSubstr("keep one of them")));
}

TEST(ViewOptions, GoodValuesAreTaken) {
  ViewOptions options;
  EXPECT_THAT(faults_of(options, {{"robot", "r"},
                                  {"decoder", "avdec_h264"},
                                  {"display", "none"},
                                  {"smooth", "50"},
                                  {"record", "/tmp/x.mkv"},
                                  {"ice.ports", "50000-50100"}}),
              IsEmpty());
  EXPECT_EQ(options.decoder, "avdec_h264");
  EXPECT_TRUE(options.headless());
  EXPECT_EQ(options.smooth, Nanos(50ms));
  EXPECT_EQ(options.ice.ports.last, 50100);
}

TEST(ViewOptions, EveryValueIsShownAsItWouldBeRead) {
  ViewOptions options;
  faults_of(options, {{"robot", "rover-7/front"}, {"smooth", "50"}, {"ice.servers", "turn:me:s3cret@192.0.2.1"}});
  auto table = view_table(options);
  EXPECT_THAT(config::to_text(table.shown()), testing::Not(HasSubstr("s3cret")));
  for (const config::Option& row : table.options()) {
    if (row.is_list() || row.get().empty()) continue;
    ViewOptions again;
    EXPECT_THAT(view_table(again).set(row.key, {row.get()}, {config::Layer::flag, row.flag}), IsEmpty()) << row.key;
  }
}

}  // namespace
}  // namespace bigfoot::view
