#include "latency/clock_message.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bigfoot::latency {
namespace {

using nlohmann::json;

Bytes bytes_of(const std::string& hex) {
  Bytes bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(at, 2), nullptr, 16)));
  return bytes;
}

PeerTime peer_time(const json& micros) { return PeerTime(Micros(micros.get<std::int64_t>())); }

std::optional<ClockMessage> message_of(const json& golden) {
  if (golden.is_null()) return std::nullopt;
  if (golden.contains("ping")) return ClockPing{golden["ping"]["id"]};
  const json& pong = golden["pong"];
  return ClockPong{pong["id"], peer_time(pong["received_us"]), peer_time(pong["sent_us"])};
}

Bytes written(const ClockMessage& message) {
  return std::visit([](const auto& each) { return write_clock_message(each); }, message);
}

// Shared with tests/conformance/clock_test.mjs.
TEST(ClockMessage, GoldenMessagesAreReadAndWritten) {
  std::ifstream file(BIGFOOT_SOURCE_DIR "/tests/conformance/clock/messages.json");
  const json goldens = json::parse(file)["messages"];
  ASSERT_GE(goldens.size(), 10u);
  for (const json& golden : goldens) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const auto want = message_of(golden["message"]);
    EXPECT_EQ(read_clock_message(bytes_of(golden["hex"])), want);
    if (!want) continue;
    EXPECT_EQ(written(*want), bytes_of(golden.value("written", golden["hex"].get<std::string>())));
  }
}

TEST(ClockMessage, TimesAreCutToMicroseconds) {
  const ClockPong pong{1, PeerTime(1'999ns), PeerTime(2'000ns)};
  EXPECT_EQ(read_clock_message(write_clock_message(pong)), ClockMessage(ClockPong{1, PeerTime(1us), PeerTime(2us)}));
}

TEST(ClockMessage, TimesThatCannotBeWrittenAreHeldWithin) {
  const ClockPong pong{1, PeerTime(-1ns), clock_message_time_end + 1h};
  EXPECT_EQ(read_clock_message(write_clock_message(pong)),
            ClockMessage(ClockPong{1, PeerTime(0us), clock_message_time_end - 1us}));
}

TEST(ClockMessage, NoPrefixOfAMessageIsRead) {
  const Bytes pong = write_clock_message(ClockPong{7, PeerTime(1h), PeerTime(1h)});
  for (std::size_t size = 0; size < pong.size(); ++size)
    EXPECT_FALSE(read_clock_message(BytesView(pong).first(size))) << size;
}

}  // namespace
}  // namespace bigfoot::latency
