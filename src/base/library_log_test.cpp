#include "base/library_log.hpp"

#include <glib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot {
namespace {

// One test: GLib takes one writer a process.
TEST(LibraryLog, WarningsOfGlibAreEventsOnceAndNothingElseIsWritten) {
  testing::internal::CaptureStderr();
  auto writer = std::make_shared<LogWriter>(LogWriter::Options{LogFormat::json, LogLevel::debug});
  log_libraries(writer, {"robot", "r1"});
  for (int i = 0; i < 3; ++i) g_log("GStreamer", G_LOG_LEVEL_WARNING, "a \"%s\"\nof two lines", "value");
  g_log("GLib-GObject", G_LOG_LEVEL_CRITICAL, "assertion failed");
  g_log("libnice", G_LOG_LEVEL_DEBUG, "not asked for");
  g_log(nullptr, G_LOG_LEVEL_WARNING, "nobody's");
  writer.reset();
  const std::string said = testing::internal::GetCapturedStderr();
  const auto lines = [&](const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(lines("\n"), 5u) << said;
  EXPECT_EQ(lines("\"event\":\"library.said\",\"robot\":\"r1\",\"library\":\""), 5u) << said;
  EXPECT_EQ(lines("\"library\":\"GStreamer\",\"what\":\"a \\\"value\\\"\\u000aof two lines\"}"), 3u) << said;
  EXPECT_EQ(lines("\"level\":\"warn\""), 3u) << said;
  EXPECT_EQ(lines("\"level\":\"debug\""), 2u) << "repetitions: " << said;
  EXPECT_EQ(lines("\"library\":\"GLib-GObject\",\"what\":\"assertion failed\"}"), 1u) << said;

  testing::internal::CaptureStderr();
  g_log("GStreamer", G_LOG_LEVEL_WARNING, "after the log");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("GStreamer-WARNING **"));
}

}  // namespace
}  // namespace bigfoot
