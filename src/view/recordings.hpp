#pragma once
// --record: a file for each camera, over all its sessions. None is ever written over another, whatever cameras come and
// go.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "media/recorder.hpp"

namespace bigfoot::view {

/// Loop thread.
class Recordings final : private media::RecorderListener {
 public:
  struct Hooks {
    std::function<void(const std::string& line)> say;  ///< what is not recorded, and why
    std::function<void()> need_keyframe;               ///< of all cameras
  };
  /// `file` was reserved; empty: nothing is recorded. It is the first camera's if that is the only one then; each other
  /// has a file of its own name. Nobody took it: it is removed in the end.
  Recordings(Loop& loop, std::string file, Hooks hooks, const Log& log);
  ~Recordings() override;
  Recordings(const Recordings&) = delete;
  Recordings& operator=(const Recordings&) = delete;

  /// A whole frame of `camera`, one of so many.
  void feed(const std::string& camera, std::size_t cameras, const h264::AccessUnit& unit);
  /// What follows of it does not continue what came before. Its file goes on.
  void gap(const std::string& camera);
  /// Ends the files; stopped() once they are on the disk.
  void stop();
  bool stopped() const;
  /// Its workers are asked to end, for a destructor that has more to wait for.
  void end();

  /// Cameras in one run, those that are gone too: each has a thread and an open file.
  static constexpr std::size_t cameras_max = 16;

 private:
  void on_recording_stopped(const std::string& file, const Error& why) override;
  void on_recording_needs_keyframe() override;
  void begin(const std::string& camera, std::size_t cameras);
  Result<std::string> file_for(const std::string& camera, std::size_t cameras);
  void release();

  Loop& loop_;
  const std::string file_;
  const Hooks hooks_;
  const Log log_;
  bool reserved_;  ///< `file_` is there, empty, and nobody's
  bool many_said_ = false;
  std::map<std::string, std::unique_ptr<media::Recorder>> recorders_;  ///< nothing: of that one no file could be made
};

}  // namespace bigfoot::view
