#include "config/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/rows.hpp"

namespace bigfoot::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Places {
  std::string server = "ws://127.0.0.1:8080";
  int viewers = 8;
  bool qos = true;
  std::vector<std::string> interfaces{"eth0"};
  Bitrate rate{2'500'000};
  Nanos drain = 2s;
};

Table table_of(Places& places) {
  Table table;
  table.add(text("server", "URL", "the server", places.server))
      .add(whole("max_viewers", "N", "most viewers", places.viewers, 1, 1000))
      .add(bitrate("bitrate", "target", places.rate))
      .add(seconds("drain", "time", places.drain))
      .add(list("ice.interfaces", "ice-interface", "NAME", "only these", places.interfaces))
      .add(toggle("ice.qos", "mark packets", places.qos));
  return table;
}

class TableOfAFile : public testing::Test {
 protected:
  std::vector<std::string> faults(std::string_view text) {
    const Yaml yaml = parse_yaml(text, "r.yaml");
    EXPECT_THAT(yaml.faults, IsEmpty());
    std::vector<std::string> said;
    for (const Fault& fault : table.set_from_file(yaml.root)) said.push_back(fault.text());
    return said;
  }

  Places places;
  Table table = table_of(places);
};

TEST_F(TableOfAFile, KeysAreNestedAndEachValueKnowsItsLine) {
  EXPECT_THAT(faults("server: ws://x\nmax_viewers: 010\nice:\n  interfaces:\n    - wlan0\n    - wwan0\n  qos: off\n"),
              IsEmpty());
  EXPECT_EQ(places.server, "ws://x");
  EXPECT_EQ(places.viewers, 10) << "ten, not eight: the option reads it, not YAML";
  EXPECT_THAT(places.interfaces, ElementsAre("wlan0", "wwan0"));
  EXPECT_FALSE(places.qos);
  const std::string said = to_text(table.shown());
  EXPECT_THAT(said, testing::ContainsRegex("server = ws://x +# file r.yaml:1\n"));
  EXPECT_THAT(said, testing::ContainsRegex("ice.interfaces = wlan0,wwan0 +# file r.yaml:5\n"));
  EXPECT_THAT(said, testing::ContainsRegex("ice.qos = off +# file r.yaml:7\n"));
  EXPECT_THAT(said, testing::ContainsRegex("bitrate = 2.5M +# default\n"));
}

TEST_F(TableOfAFile, AListMayBeOneWordOrEmpty) {
  EXPECT_THAT(faults("ice: {interfaces: wlan0}\n"), IsEmpty());
  EXPECT_THAT(places.interfaces, ElementsAre("wlan0"));
  EXPECT_THAT(faults("ice: {interfaces: []}\n"), IsEmpty());
  EXPECT_THAT(places.interfaces, IsEmpty());
}

TEST_F(TableOfAFile, NothingAndEmptySectionsGiveNothing) {
  EXPECT_THAT(faults(""), IsEmpty());
  EXPECT_THAT(faults("ice:\n  # qos: off\n"), IsEmpty());
  EXPECT_TRUE(places.qos);
  EXPECT_EQ(table.options().back().origin.layer, Layer::built_in);
}

TEST_F(TableOfAFile, UnknownKeysNameTheNearest) {
  EXPECT_THAT(faults("servr: x\nice_qos: on\nqos: on\nice: {max_viewers: 3, interface: a}\nwheels: 4\nice.qos: on\n"),
              ElementsAre(HasSubstr("r.yaml:1: there is no key \"servr\"\n    did you mean server?"),
                          HasSubstr("r.yaml:2: there is no key \"ice_qos\"\n    did you mean ice.qos?"),
                          HasSubstr("did you mean ice.qos?"),
                          HasSubstr("r.yaml:4: there is no key \"ice.max_viewers\"\n    did you mean max_viewers?"),
                          HasSubstr("did you mean ice.interfaces?"),
                          HasSubstr("there are: server, max_viewers, bitrate, drain, ice"),
                          HasSubstr("write it as ice: {qos: …}")));
}

TEST_F(TableOfAFile, WordsListsAndMapsStandWhereTheyBelong) {
  EXPECT_THAT(
      faults("server: [a]\nmax_viewers: {least: 3}\nice: on\n"),
      ElementsAre(
          HasSubstr("r.yaml:1: server: it takes one value, not a list"),
          HasSubstr("r.yaml:2: max_viewers: it takes no keys below it"),
          HasSubstr("r.yaml:3: keys should stand below ice\n    write KEY: VALUE a line; there are: interfaces, qos")));
  EXPECT_THAT(
      faults("server:\nice: {interfaces: [[a], b], qos: ~}\n"),
      ElementsAre(HasSubstr("r.yaml:1: server: the key has no value"),
                  HasSubstr("its list holds more than plain values"), HasSubstr("ice.qos: the key has no value")));
  EXPECT_THAT(faults("- server\n"), ElementsAre(HasSubstr("r.yaml:1: keys should stand here")));
  EXPECT_THAT(faults("server\n"), ElementsAre(HasSubstr("r.yaml:1: keys should stand here")));
}

TEST_F(TableOfAFile, AWordThatStandsElsewhereSaysWhere) {
  Table small;
  int viewers = 0;
  small.add(whole("max_viewers", "N", "most viewers", viewers, 1, 1000)).stands_elsewhere("max", "write max_viewers");
  const auto said = small.set_from_file(parse_yaml("max: 3\n", "r.yaml").root);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].text(), "r.yaml:1: there is no key \"max\"\n    write max_viewers");
}

TEST_F(TableOfAFile, ValuesAreReadByTheOptionAlone) {
  EXPECT_THAT(faults("max_viewers: 1e3\nbitrate: fast\ndrain: -1\nice: {qos: maybe}\n"),
              ElementsAre(HasSubstr("r.yaml:1: max_viewers: \"1e3\" is not a whole number from 1 to 1000"),
                          HasSubstr("r.yaml:2: bitrate: \"fast\" is not a bit rate"), HasSubstr("r.yaml:3: drain: "),
                          HasSubstr("r.yaml:4: ice.qos: \"maybe\" is neither on nor off\n    write on or off")));
  EXPECT_THAT(faults("bitrate: 1e6\ndrain: 0.5\nice: {qos: no}\n"), IsEmpty());
  EXPECT_EQ(places.rate.bps, 1'000'000);
  EXPECT_EQ(places.drain, 500ms);
  EXPECT_THAT(faults("drain: 1500ms\n"), IsEmpty());
  EXPECT_EQ(places.drain, 1500ms);
  EXPECT_FALSE(places.qos);
}

TEST_F(TableOfAFile, AKeyAsLongAsYamlAllowsIsAFaultLikeAnother) {
  std::string text(1000, 'k');
  text += ": 1\n";
  const auto said = faults(text);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_LT(said[0].size(), 300U);
}

TEST(Table, FlagAndVariableFollowFromTheKeyOrItsFlag) {
  Places places;
  const Table table = table_of(places);
  EXPECT_EQ(table.options()[1].flag, "max-viewers");
  EXPECT_EQ(table.options()[1].environment(), "BIGFOOT_MAX_VIEWERS");
  EXPECT_EQ(table.options()[4].flag, "ice-interface");
  EXPECT_EQ(table.options()[4].environment(), "BIGFOOT_ICE_INTERFACE");
  EXPECT_EQ(table.options()[5].environment(), "BIGFOOT_ICE_QOS");
}

}  // namespace
}  // namespace bigfoot::config
