// Every file of tests/conformance/protocol: what is right is read and written back the same, what is wrong is refused
// with the code it names. tests/conformance/protocol_test.mjs reads the same files.

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "protocol/codec.hpp"

namespace bigfoot::protocol {
namespace {

using nlohmann::json;

std::map<std::string, json> golden_files() {
  std::map<std::string, json> files;
  for (const auto& entry : std::filesystem::directory_iterator(BIGFOOT_SOURCE_DIR "/tests/conformance/protocol")) {
    std::ifstream file(entry.path());
    files[entry.path().stem().string()] = json::parse(file);
  }
  return files;
}

std::string text_of(const json& golden) {
  return golden.contains("text") ? golden["text"].get<std::string>() : golden["wire"].dump();
}

/// The text as it is written back, or the refusal.
Result<std::string> through(const json& golden) {
  const std::string text = text_of(golden);
  if (golden["direction"] == "fromPeer") return decode_from_peer(text).map([](const FromPeer& m) { return encode(m); });
  return decode_from_server(text).map([](const FromServer& m) { return encode(m); });
}

TEST(Golden, WhatIsRightIsReadAndWrittenBackTheSame) {
  int read = 0;
  for (const auto& [name, golden] : golden_files()) {
    if (golden.contains("error")) continue;
    const auto written = through(golden);
    ASSERT_TRUE(written) << name << ": " << written.error().text();
    EXPECT_EQ(json::parse(*written), golden.value("written", golden["wire"])) << name;
    ++read;
  }
  EXPECT_GT(read, 40);
}

TEST(Golden, WhatIsWrongIsRefusedWithItsCodeAndTheNameOfTheField) {
  int refused = 0;
  for (const auto& [name, golden] : golden_files()) {
    if (!golden.contains("error")) continue;
    const auto written = through(golden);
    ASSERT_FALSE(written) << name << ": " << *written;
    const std::string code = golden["error"];
    EXPECT_THAT(written.error().what, testing::StartsWith(code + ": ")) << name;
    EXPECT_THAT(written.error().what, testing::HasSubstr(golden.value("names", ""))) << name;
    ++refused;
  }
  EXPECT_GT(refused, 40);
}

TEST(Golden, EveryMessageOfTheProtocolHasAFile) {
  std::set<std::string> seen;
  for (const auto& [name, golden] : golden_files())
    if (!golden.contains("error"))
      seen.insert(golden["direction"].get<std::string>() + " " + golden["wire"]["type"].get<std::string>());
  const std::set<std::string> all = {"fromPeer setProtocolVersion",
                                     "fromPeer setPeerStatus",
                                     "fromPeer startSession",
                                     "fromPeer endSession",
                                     "fromPeer endSessionV1_1",
                                     "fromPeer peer",
                                     "fromPeer list",
                                     "fromPeer listConsumers",
                                     "fromPeer configured",
                                     "fromServer configure",
                                     "fromServer welcome",
                                     "fromServer peerStatusChanged",
                                     "fromServer startSession",
                                     "fromServer sessionStarted",
                                     "fromServer sessionResumed",
                                     "fromServer endSession",
                                     "fromServer endSessionV1_1",
                                     "fromServer peer",
                                     "fromServer list",
                                     "fromServer listConsumers",
                                     "fromServer error"};
  EXPECT_EQ(seen, all);
}

}  // namespace
}  // namespace bigfoot::protocol
