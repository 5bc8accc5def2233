#pragma once
// Time is passed in. Domain code asks a Clock or is told `now`; unit tests hold a FakeClock and never sleep.

#include <chrono>

namespace bigfoot {

using Nanos = std::chrono::nanoseconds;
using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using namespace std::chrono_literals;

/// CLOCK_MONOTONIC, the clock of GStreamer's pipelines and of steady_clock; never jumps when somebody sets the wall
/// clock.
using Timestamp = std::chrono::time_point<std::chrono::steady_clock, Nanos>;
/// UTC, for people, NTP fields and log lines only.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Nanos>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override { return std::chrono::time_point_cast<Nanos>(std::chrono::steady_clock::now()); }
  WallTime wall() const override { return std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now()); }
};

/// Stands still until a test moves it.
class FakeClock final : public Clock {
 public:
  Timestamp now() const override { return now_; }
  WallTime wall() const override { return wall_; }
  void advance(Nanos by) {
    now_ += by;
    wall_ += by;
  }
  void step_wall(Nanos by) { wall_ += by; }

 private:
  Timestamp now_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1'800'000'000)};
};

inline double to_seconds(Nanos span) { return std::chrono::duration<double>(span).count(); }
inline double to_millis(Nanos span) { return std::chrono::duration<double, std::milli>(span).count(); }

}  // namespace bigfoot
