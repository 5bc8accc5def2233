#pragma once
// A decoded picture as a file that every viewer of pictures opens. What is written over it in the window is not in it.

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "media/image.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {

/// `rover-7-front-2026-11-23T12.20.04.123.png`, by the local clock: a name that every file system takes.
std::string snapshot_name(const std::string& robot, const std::string& camera, WallTime at);

/// As PNG. Errors: it exists, no place, no raw picture; what is missing. It
/// takes some ten milliseconds: worker thread.
[[nodiscard]] Result<> write_snapshot(const Image& image, const std::string& file);

/// Loop thread.
class Snapshots {
 public:
  explicit Snapshots(Loop& loop);
  /// One after the other, at most `waiting_max` at a time; then `done`, on the loop, with the name of the file or the
  /// error. Nothing is called once this is gone.
  using Done = std::function<void(const std::string& file, const Result<>& written)>;
  void take(ImagePtr image, const std::string& file, Done done);
  /// Its worker is asked to end, for a destructor that has more to wait for.
  void end() { worker_.end(); }

  static constexpr int waiting_max = 8;

 private:
  int waiting_ = 0;
  Worker worker_;
};

}  // namespace bigfoot::media
