// Every row of tests/conformance/limits.json: what has the limit is read, what is one larger is refused by its name.
// tests/conformance/limits_test.mjs holds the schema, the document and the page against the same file.

#include "protocol/limits.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "protocol/codec.hpp"

namespace bigfoot::protocol {
namespace {

using nlohmann::json;

json nested(std::size_t levels) {
  json value = json::array();
  for (std::size_t level = 1; level < levels; ++level) value = json::array({std::move(value)});
  return value;
}

void put(json& wire, const json& value) {
  if (wire == "@")
    wire = value;
  else if (wire.is_structured())
    for (json& inner : wire) put(inner, value);
}

/// The message of the row in which the measured part has the size `size`.
std::string message_of(const json& row, const std::string& of, std::size_t size) {
  json wire = row["wire"];
  if (of == "bytes") put(wire, std::string(size, 'x'));
  if (of == "quoted bytes") put(wire, std::string(size - 2, 'x'));
  if (of == "message") put(wire, std::string(size - wire.dump().size() + 1, 'x'));
  if (of == "levels") put(wire, nested(size - row.value("outside", std::size_t{0})));
  if (of == "entries") put(wire, json(size, row.value("entry", json())));
  if (of == "number") put(wire, size);
  return wire.dump();
}

Result<void> read(const json& row, const std::string& text) {
  if (row["direction"] == "fromPeer") return decode_from_peer(text).map([](const FromPeer&) {});
  return decode_from_server(text).map([](const FromServer&) {});
}

TEST(Limits, AreThoseThatTheSchemaTheDocumentAndThePageKnow) {
  std::ifstream file(BIGFOOT_SOURCE_DIR "/tests/conformance/limits.json");
  const json golden = json::parse(file);
  ASSERT_GT(golden["fields"].size(), 40U);
  for (const json& row : golden["fields"]) {
    const json& limit = golden["limits"][row["limit"].get<std::string>()];
    const std::size_t most = limit["most"];
    const auto taken = read(row, message_of(row, limit["of"], most));
    EXPECT_TRUE(taken) << row << (taken ? "" : taken.error().text());
    const auto refused = read(row, message_of(row, limit["of"], most + 1));
    ASSERT_FALSE(refused) << row;
    EXPECT_THAT(refused.error().what, testing::StartsWith(limit["code"].get<std::string>() + ": ")) << row;
    EXPECT_THAT(refused.error().what, testing::HasSubstr(row["names"])) << row;
  }
}

}  // namespace
}  // namespace bigfoot::protocol
