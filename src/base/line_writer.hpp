#pragma once
// Lines of a program's output, for whoever reads them or does not: a pipe that is full, a pager, a terminal on Ctrl-S.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"

namespace bigfoot {

/// Writes whole lines to a descriptor on its own thread from a bounded queue: put() never waits. What finds no room is
/// dropped, the oldest first, whole, and counted. The descriptor is not made non-blocking: that would hold for the
/// other programs on the same terminal, too.
class LineWriter {
 public:
  struct Options {
    std::size_t lines_max = 4;             ///< besides the one that is being written
    Nanos patience{500ms};                 ///< of the destructor, with what is still to be written
    std::function<void()> on_closed = {};  ///< nobody can read it any more: once, from the writer's thread
  };
  /// `fd` outlives it, and stays the caller's.
  LineWriter(int fd, Options options);
  /// A thread that hangs longer in its write is left to itself; its line may be cut.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Without the line's end. Any thread. Nothing is written once it is closed.
  void put(std::string line);
  /// Lines so far that found no room.
  std::uint64_t dropped() const;

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace bigfoot
