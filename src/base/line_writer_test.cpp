#include "base/line_writer.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace bigfoot {
namespace {

/// Its reader is the test.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    EXPECT_GT(fcntl(ends_[1], F_SETPIPE_SZ, 4096), 0);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int in() const { return ends_[1]; }
  void close_reader() { shut(ends_[0]); }
  void close_writer() { shut(ends_[1]); }
  /// For a thread that still hangs in its write: it may end whenever it likes.
  void leave_writer() { ends_[1] = -1; }
  /// The next line, waited for; empty: the end.
  std::string line() {
    std::string text;
    for (char sign = 0; read(ends_[0], &sign, 1) == 1 && sign != '\n';) text += sign;
    return text;
  }

 private:
  static void shut(int& end) {
    if (end >= 0) close(std::exchange(end, -1));
  }
  int ends_[2] = {-1, -1};
};

std::string line_of(int number) { return std::to_string(number) + " " + std::string(1500, 'x'); }

TEST(LineWriter, WhatIsReadComesWholeAndInOrder) {
  Pipe pipe;
  LineWriter writer(pipe.in(), {});
  for (const char* line : {"one", "two"}) {
    writer.put(line);
    EXPECT_EQ(pipe.line(), line);
  }
  EXPECT_EQ(writer.dropped(), 0u);
}

TEST(LineWriter, AReaderThatStandsStillBlocksNobodyAndLosesTheOldestLinesWhole) {
  Pipe pipe;
  std::vector<std::string> put, got;
  LineWriter writer(pipe.in(), {});
  for (int i = 0; i < 100; ++i) {
    put.push_back(line_of(i));
    writer.put(put.back());
  }
  // Not all of the pipe's 4096 bytes and the queue's 4 lines: the thread may not have run yet.
  EXPECT_GE(writer.dropped(), 90u);
  const std::uint64_t kept = 100 - writer.dropped();
  for (std::uint64_t i = 0; i < kept; ++i) got.push_back(pipe.line());
  EXPECT_THAT(put, testing::IsSupersetOf(got));
  EXPECT_EQ(got.back(), put.back()) << "the newest is of most use";
}

TEST(LineWriter, APipeThatSomebodyMadeNonBlockingIsNotTakenForClosed) {
  Pipe pipe;
  ASSERT_EQ(fcntl(pipe.in(), F_SETFL, fcntl(pipe.in(), F_GETFL) | O_NONBLOCK), 0);
  std::atomic<bool> closed = false;
  std::vector<std::string> put, got;
  LineWriter writer(pipe.in(), {.on_closed = [&closed] { closed = true; }});
  while (writer.dropped() == 0) {
    put.push_back(line_of(static_cast<int>(put.size())));
    writer.put(put.back());
  }
  for (std::uint64_t i = 0; i < put.size() - writer.dropped(); ++i) got.push_back(pipe.line());
  EXPECT_THAT(put, testing::IsSupersetOf(got)) << "whole";
  EXPECT_EQ(got.back(), put.back());
  EXPECT_FALSE(closed);
}

TEST(LineWriter, ItEndsThoughNobodyReads) {
  Pipe pipe;
  auto ended = std::async(std::launch::async, [&pipe] {
    LineWriter writer(pipe.in(), {.patience = 10ms});
    for (int i = 0; i < 10; ++i) writer.put(line_of(i));
  });
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  while (ended.wait_for(std::chrono::seconds(0)) != std::future_status::ready) pipe.line();
  pipe.close_reader();  // so that its thread ends, too
  pipe.leave_writer();
}

TEST(LineWriter, WhatIsReadInTimeIsWrittenToTheEnd) {
  Pipe pipe;
  std::future<std::string> last;
  {
    LineWriter writer(pipe.in(), {.patience = 60s});
    for (int i = 0; i < 5; ++i) writer.put(line_of(i));
    last = std::async(std::launch::async, [&pipe] {
      std::string line;
      while (line != line_of(4)) line = pipe.line();
      return line;
    });
  }
  EXPECT_EQ(last.get(), line_of(4));
}

TEST(LineWriter, AReaderThatIsGoneIsToldOnce) {
  Pipe pipe;
  std::promise<void> closed;
  std::atomic<int> times = 0;
  LineWriter writer(pipe.in(), {.on_closed = [&] {
                      if (++times == 1) closed.set_value();
                    }});
  pipe.close_reader();
  writer.put("one");
  ASSERT_EQ(closed.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  writer.put("two");
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace bigfoot
