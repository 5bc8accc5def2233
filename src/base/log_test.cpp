#include "base/log.hpp"

#include <gtest/gtest.h>

namespace bigfoot {
namespace {

const WallTime noon{std::chrono::seconds(1'800'000'000) + 123ms};

TEST(Log, TextQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(format_log_line(LogFormat::text, noon, LogLevel::info, "ice.connected", {{"robot", "r1"}},
                            {{"rtt_ms", 12.5}, {"pair", "host/host"}, {"why", "a \"b\" c"}}),
            "08:00:00.123 info ice.connected robot=r1 rtt_ms=12.5 pair=host/host why=\"a \\\"b\\\" c\"");
}

TEST(Log, APeersControlBytesDoNotReachTheTerminal) {
  const std::string line =
      format_log_line(LogFormat::text, noon, LogLevel::warn, "x", {}, {{"name", "\x1b[2Jrover\x7f"}});
  EXPECT_EQ(line, "08:00:00.123 warn x name=\"\\u001b[2Jrover\\u007f\"");
}

TEST(Log, JsonKeepsNumbersAndEscapes) {
  EXPECT_EQ(
      format_log_line(LogFormat::json, noon, LogLevel::warn, "x", {{"session", "7f3"}},
                      {{"n", 3}, {"on", true}, {"s", "line\nbreak"}, {"bad", 0.0 / 0.0}}),
      R"({"ts":"2027-01-15T08:00:00.123Z","level":"warn","event":"x","session":"7f3","n":3,"on":true,"s":"line\u000abreak","bad":"-nan"})");
}

}  // namespace
}  // namespace bigfoot
