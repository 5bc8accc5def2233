#pragma once
// One Matroska file: a stream of access units as they came, each at the time at which it was captured.

#include <atomic>
#include <memory>
#include <string>

#include "h264/access_unit.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {

/// What is written is in the file as soon as GStreamer has it: a process that is killed leaves a file that plays.
class Recording {
 public:
  /// Into an empty file, or over what it holds. Errors: GStreamer's. Worker thread.
  [[nodiscard]] static Result<std::shared_ptr<Recording>> open(const std::string& file);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  /// The first must be a key frame. False: the disk has not written some seconds' worth yet, and it was not taken. Loop
  /// thread.
  [[nodiscard]] bool write(const h264::AccessUnit& unit);
  /// What is given now would be taken.
  bool has_room() const;
  /// Writes what is missing, its length and index among it: waits for the disk, at most `finish_at_most`. Worker
  /// thread, once nobody listens to the bus any more.
  void finish();
  GstElement* pipeline() const { return pipeline_.get(); }

  static constexpr std::uint64_t unwritten_max = 16 << 20;  ///< bytes
  static constexpr Nanos finish_at_most = std::chrono::seconds(3);

 private:
  Recording() = default;
  Result<> build(const std::string& file);

  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_;
  Timestamp first_{};
  Nanos last_{-1};
};

}  // namespace bigfoot::media
