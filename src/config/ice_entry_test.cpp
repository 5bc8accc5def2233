#include "config/ice_entry.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string drawn(const IceEntry& entry) { return entry.url + " " + entry.username + " " + entry.credential; }

std::string read(const char* url) {
  const auto entry = read_ice_url(url);
  return entry ? drawn(*entry) : "refused";
}

TEST(IceEntry, AUrlMayHoldUserAndSecret) {
  EXPECT_EQ(read("stun:stun.example.net"), "stun:stun.example.net  ");
  EXPECT_EQ(read("turn:alice:my@pass\"word@192.0.2.1:3478?transport=tcp"),
            "turn:192.0.2.1:3478?transport=tcp alice my@pass\"word");
  EXPECT_EQ(read("turn:1700000000:rover-7:aGk=@turn.example.net"), "turn:turn.example.net 1700000000:rover-7 aGk=");
}

TEST(IceEntry, RefusesWhatWouldNotWorkAndShowsNoSecret) {
  for (const char* url :
       {"http://x", "", "turn", "turn:turn.example.net", "turn::s3cret@x", "turn:me@x", "turn:me:s3cret", "stun:a b",
        "stun:a>\r\nX: y", "stun:me:s3cret@x", "turn:me:s3cret\r\nX: y@z"}) {
    const auto entry = read_ice_url(url);
    ASSERT_FALSE(entry) << url;
    EXPECT_THAT(entry.error().text(), Not(HasSubstr("s3cret")));
  }
}

class IceServersOfAFile : public testing::Test {
 protected:
  ~IceServersOfAFile() override { std::filesystem::remove_all(folder); }

  std::vector<std::string> faults(const std::string& text) {
    std::vector<IceEntry> entries;
    Table table;
    table.add(ice_servers(
        "help", entries, [](const IceEntry& entry) -> Result<IceEntry> { return entry; },
        [](const IceEntry& entry) { return entry.url; }));
    std::vector<std::string> said;
    for (const Fault& fault : table.set_from_file(parse_yaml(text, file).root)) said.push_back(fault.text());
    servers.clear();
    for (const IceEntry& entry : entries) servers.push_back(drawn(entry));
    EXPECT_THAT(said, testing::Each(Not(HasSubstr("s3cret"))));
    EXPECT_THAT(to_text(table.shown()), Not(HasSubstr("s3cret")));
    return said;
  }

  static std::filesystem::path make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "bigfoot-ice-XXXXXX";
    return mkdtemp(name.data());
  }

  const std::filesystem::path folder = make_folder();
  const std::string file = folder / "robot.yaml";
  std::vector<std::string> servers;
};

TEST_F(IceServersOfAFile, AreUrlsAndMapsInAList) {
  EXPECT_THAT(
      faults(
          "ice:\n  servers:\n  - stun:a\n  - {url: \"turn:b:1\", username: u, credential: s3cret}\n  - turn:v:w@c\n"),
      IsEmpty());
  EXPECT_THAT(servers, ElementsAre("stun:a  ", "turn:b:1 u s3cret", "turn:c v w"));
  EXPECT_THAT(faults("ice: {servers: {url: \"stun:a\"}}\n"), IsEmpty());
  EXPECT_THAT(faults("ice: {servers: stun:a}\n"), IsEmpty());
  EXPECT_THAT(faults("ice: {servers: []}\n"), IsEmpty());
  EXPECT_THAT(servers, IsEmpty());
}

TEST_F(IceServersOfAFile, ASecretMayStandInAFileBesideTheConfiguration) {
  std::ofstream(folder / "turn.secret") << "s3cret\r\n";
  EXPECT_THAT(faults("ice: {servers: [{url: \"turn:b\", username: u, credential_file: turn.secret}]}\n"), IsEmpty());
  EXPECT_THAT(servers, ElementsAre("turn:b u s3cret"));
  EXPECT_THAT(faults("ice: {servers: [{url: \"turn:b\", username: u, credential_file: " +
                     (folder / "turn.secret").string() + "}]}\n"),
              IsEmpty());
  std::ofstream(folder / "empty.secret") << "\n";
  EXPECT_THAT(faults("ice:\n  servers:\n  - {url: \"turn:b\", username: u, credential_file: empty.secret}\n"),
              ElementsAre(HasSubstr("robot.yaml:3: ice.servers: " + folder.string() + "/empty.secret: it is empty")));
  EXPECT_THAT(faults("ice: {servers: [{url: \"turn:b\", username: u, credential_file: lost.secret}]}\n"),
              ElementsAre(HasSubstr("lost.secret: there is no such file")));
}

TEST_F(IceServersOfAFile, EveryFaultHasItsLineAndNoSecret) {
  EXPECT_THAT(
      faults("ice:\n  servers:\n  - turn:s3cret\n  - {url: \"turn:b\", usrname: u}\n  - {url: \"turn:u:s3cret@b\"}\n"
             "  - {url: \"turn:b\", username: u, credential: s3cret, credential_file: x}\n  - [stun:a]\n  - {url: "
             "\"stun:a\", username: u}\n"),
      testing::AllOf(testing::Contains(HasSubstr("robot.yaml:3: ice.servers: \"turn:…\" has no user or no secret")),
                     testing::Contains(HasSubstr(
                         "robot.yaml:4: ice.servers: there is no key \"usrname\"\n    did you mean username?")),
                     testing::Contains(HasSubstr("robot.yaml:5: ice.servers: user and secret stand in the url")),
                     testing::Contains(HasSubstr("robot.yaml:6: ice.servers: both credential and credential_file")),
                     testing::Contains(HasSubstr("robot.yaml:7: ice.servers: a server is a URL or a map")),
                     testing::Contains(HasSubstr("robot.yaml:8: ice.servers: STUN takes no user"))));
}

}  // namespace
}  // namespace bigfoot::config
