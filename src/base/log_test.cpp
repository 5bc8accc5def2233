#include "base/log.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace bigfoot {
namespace {

const WallTime noon{std::chrono::seconds(1'800'000'000) + 123ms};

TEST(Log, TextQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(format_log_line(LogFormat::text, noon, LogLevel::info, "ice.connected", {{"robot", "r1"}},
                            {{"rtt_ms", 12.5}, {"pair", "host/host"}, {"why", "a \"b\" c"}}),
            "08:00:00.123 info ice.connected robot=r1 rtt_ms=12.5 pair=host/host why=\"a \\\"b\\\" c\"");
}

TEST(Log, AWayOutOfSeveralLinesStandsBelowItsEntry) {
  const auto line = [](LogFormat format, std::string_view what, std::string_view fix) {
    return format_log_line(format, noon, LogLevel::error, "camera.fault", {{"robot", "r1"}, {"camera", "front"}},
                           {{"what", what}, {"fix", fix}, {"again_in_s", 5.0}});
  };
  const std::string what = "camera \"front\": /dev/video0 refuses 1280x720 at 30 fps as NV12";
  const std::string fix =
      "it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30\n"
      "try: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG'";
  EXPECT_EQ(line(LogFormat::text, what, fix),
            R"(08:00:00.123 error camera.fault robot=r1 camera=front again_in_s=5
  camera "front": /dev/video0 refuses 1280x720 at 30 fps as NV12
    it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30
    try: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG')");
  EXPECT_THAT(
      line(LogFormat::json, what, fix),
      testing::HasSubstr(
          R"("what":"camera \"front\": /dev/video0 refuses 1280x720 at 30 fps as NV12","fix":"it offers: MJPG 1280x720@30 · YUYV 1280x720@10 · YUYV 640x480@30\u000atry: --camera 'front=v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG'","again_in_s":5})"));
  EXPECT_EQ(line(LogFormat::text, "a\nb\x1b", "c\n\x1b\nd"),
            "08:00:00.123 error camera.fault robot=r1 camera=front again_in_s=5\n"
            "  a\n  b\\u001b\n    c\n    \\u001b\n    d")
      << "each line begins with blanks";
  EXPECT_EQ(line(LogFormat::text, "a\nb", "c"),
            "08:00:00.123 error camera.fault robot=r1 camera=front what=\"a\\u000ab\" fix=c again_in_s=5");
}

TEST(Log, APeersControlBytesDoNotReachTheTerminal) {
  const std::string line =
      format_log_line(LogFormat::text, noon, LogLevel::warn, "x", {}, {{"name", "\x1b[2Jrover\x7f"}});
  EXPECT_EQ(line, "08:00:00.123 warn x name=\"\\u001b[2Jrover\\u007f\"");
}

TEST(Log, NorDoThoseAboveAsciiOrWhatTurnsTheDirectionOfWriting) {
  for (const auto& [value, shown] : {std::pair{"a\xc2\x9b"
                                               "2J",
                                               "\"a\\u009b2J\""},
                                     {"a\u202eb", "\"a\\u202eb\""}}) {
    EXPECT_EQ(format_log_line(LogFormat::text, noon, LogLevel::warn, "x", {}, {{"name", value}}),
              std::string("08:00:00.123 warn x name=") + shown);
    EXPECT_THAT(format_log_line(LogFormat::json, noon, LogLevel::warn, "x", {}, {{"name", value}}),
                testing::HasSubstr(std::string("\"name\":") + shown));
  }
  EXPECT_THAT(format_log_line(LogFormat::text, noon, LogLevel::warn, "x", {}, {{"name", "Türkamera"}}),
              testing::HasSubstr("name=Türkamera"));
}

TEST(Log, BytesThatAreNoUtf8DoNotSpoilALineOfJson) {
  for (const auto& [value, shown] : {std::pair{"T\xfcr\xa0", "\"T\\u00fcr\\u00a0\""},
                                     {"\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\""},
                                     {"\xe0\x80\xaf", "\"\\u00e0\\u0080\\u00af\""}}) {
    EXPECT_THAT(format_log_line(LogFormat::json, noon, LogLevel::warn, "x", {}, {{"name", value}}),
                testing::HasSubstr(std::string("\"name\":") + shown));
    EXPECT_EQ(format_log_line(LogFormat::text, noon, LogLevel::warn, "x", {}, {{"name", value}}),
              std::string("08:00:00.123 warn x name=") + shown);
  }
}

TEST(Log, JsonKeepsNumbersAndEscapes) {
  EXPECT_EQ(
      format_log_line(LogFormat::json, noon, LogLevel::warn, "x", {{"session", "7f3"}},
                      {{"n", 3}, {"on", true}, {"s", "line\nbreak"}, {"bad", 0.0 / 0.0}}),
      R"({"ts":"2027-01-15T08:00:00.123Z","level":"warn","event":"x","session":"7f3","n":3,"on":true,"s":"line\u000abreak","bad":"-nan"})");
}

/// stderr is a pipe that nobody reads until text() does.
class StuckTerminal {
 public:
  StuckTerminal() : stderr_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
    dup2(pipe_[1], STDERR_FILENO);
    close(pipe_[1]);
  }
  ~StuckTerminal() {
    close(pipe_[0]);
    close(stderr_);
  }
  StuckTerminal(const StuckTerminal&) = delete;
  StuckTerminal& operator=(const StuckTerminal&) = delete;

  /// Reads until this was written.
  void read_until(const std::string& words) {
    std::string last;
    char chunk[4096];
    for (ssize_t got = 1; got > 0 && last.find(words) == std::string::npos;) {
      got = read(pipe_[0], chunk, sizeof chunk);
      last.erase(0, last.size() - std::min(last.size(), words.size()));
      if (got > 0) last.append(chunk, static_cast<std::size_t>(got));
    }
  }
  /// All that was written until the writer is gone.
  std::string text(std::unique_ptr<LogWriter> writer) {
    std::thread end([this, &writer] {
      writer.reset();
      dup2(stderr_, STDERR_FILENO);  // the last writer's end of the pipe
    });
    std::string all;
    char chunk[4096];
    for (ssize_t got = 0; (got = read(pipe_[0], chunk, sizeof chunk)) > 0;)
      all.append(chunk, static_cast<std::size_t>(got));
    end.join();
    return all;
  }

 private:
  int stderr_;
  int pipe_[2] = {-1, -1};
};

TEST(LogWriter, AStuckTerminalBlocksNobodyAndItsLossIsTold) {
  StuckTerminal terminal;
  auto writer = std::make_unique<LogWriter>(LogWriter::Options{});
  for (int i = 0; i < 20'000; ++i) writer->write(LogLevel::info, "camera.state", {}, {{"line", i}});
  writer->write(LogLevel::info, "camera.last", {}, {});
  const std::string text = terminal.text(std::move(writer));
  EXPECT_THAT(text, testing::HasSubstr("info camera.last\n"));
  int arrived = 0, dropped = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto told = line.find("warn log.dropped lines=");
    told == std::string::npos ? ++arrived : dropped += std::stoi(line.substr(told + 23));
  }
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(arrived + dropped, 20'001) << "each line, or its loss";
}

TEST(LogWriter, ItEndsThoughNobodyReadsItsTerminal) {
  StuckTerminal terminal;
  auto writer = std::make_unique<LogWriter>(LogWriter::Options{});
  for (int i = 0; i < 20'000; ++i) writer->write(LogLevel::info, "camera.state", {}, {{"line", i}});
  writer->write(LogLevel::info, "camera.last", {}, {});
  std::promise<void> ended;
  std::thread end([&] {
    writer.reset();
    ended.set_value();
  });
  EXPECT_EQ(ended.get_future().wait_for(60s), std::future_status::ready);
  terminal.read_until("camera.last\n");  // its thread lives on
  end.join();
  terminal.text(nullptr);
}

}  // namespace
}  // namespace bigfoot
