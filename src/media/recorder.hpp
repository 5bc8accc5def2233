#pragma once
// Records the stream of one camera as it was received, for as long as the disk takes it; viewing goes on whatever
// becomes of that.

#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "media/gst/bus.hpp"
#include "media/recording.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {

/// `drive.mkv` for the only camera, `drive-front.mkv` for one of several.
std::string recording_file(const std::string& file, const std::string& camera, std::size_t cameras);

/// Makes an empty file, so that nobody else takes the name. Errors, with what to do: it exists, it is no place to write
/// to. It may wait for the disk: before the loop runs, or in a worker.
[[nodiscard]] Result<> reserve_recording(const std::string& file);
/// Removes it if nothing was written into it.
void release_recording(const std::string& file);

class RecorderListener {
 public:
  virtual ~RecorderListener() = default;
  /// The disk is full, or gone. Once; nothing is written any more, and what was written plays.
  virtual void on_recording_stopped(const std::string& file, const Error& why) = 0;
  /// The disk was too slow and has room again: what follows is recorded from the next key frame on.
  virtual void on_recording_needs_keyframe() {}
};

/// Loop thread.
class Recorder {
 public:
  /// `file` was reserved. What is in it begins with a key frame; where the stream becomes another (its size, its
  /// profile) another file begins: `drive-2.mkv`, which Matroska cannot do in one.
  Recorder(Loop& loop, std::string file, RecorderListener& listener, Log log);
  /// Ends the file, waiting at most Worker::patience for the disk.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// In the order of the stream, and whole: a picture that is missing is not missed before the next key frame.
  void feed(const h264::AccessUnit& unit);
  /// What follows does not continue what came before: recorded on from the next key frame.
  void gap() { waits_for_keyframe_ = true; }
  /// Ends the file; stopped() once it is on the disk.
  void stop();
  /// Its worker is asked to end, for a destructor that has more to wait for.
  void end();

  bool stopped() const { return state_ == State::stopped && jobs_ == 0; }
  /// The one that is written, or was last.
  const std::string& file() const { return file_; }
  std::uint64_t recorded() const { return recorded_; }  ///< access units
  std::uint64_t dropped() const { return dropped_; }    ///< for the disk was too slow

 private:
  enum class State { waits, opening, records, stopped };
  struct Opened;
  void open();
  void opened(Opened& opened);
  void write(const h264::AccessUnit& unit);
  void leave_out();
  void ask_where_there_is_room();
  void close();
  void begin_next();
  void give_up(Error why);
  void run(const std::string& what, Worker::Job job, Worker::Job done = {});

  Loop& loop_;
  const std::string first_file_;
  std::string file_;
  RecorderListener& listener_;
  const Log log_;
  State state_ = State::waits;
  int files_ = 1, jobs_ = 0;
  Bytes headers_;                          ///< SPS and PPS of the file
  std::vector<h264::AccessUnit> waiting_;  ///< while it is being opened
  std::shared_ptr<Recording> recording_;
  gst::BusWatch bus_;
  bool waits_for_keyframe_ = true, slow_said_ = false;
  bool left_out_ = false;  ///< and nobody was asked for a key frame since
  std::uint64_t recorded_ = 0, dropped_ = 0;
  Worker worker_;  ///< last: its jobs use the others
};

}  // namespace bigfoot::media
