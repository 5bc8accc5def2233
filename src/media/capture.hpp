#pragma once
// One generation of a camera's pipeline: source → newest frame → encoder → access units. A restart makes a new one, and
// what an old one still says is not heard.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "h264/access_unit.hpp"
#include "media/encoder_control.hpp"
#include "media/file_loop.hpp"
#include "media/frame_ledger.hpp"
#include "media/gst/pipeline.hpp"
#include "media/source_chain.hpp"
#include "media/test_source.hpp"

namespace bigfoot::media {

/// What the loop asks of the streaming threads; each frame looks.
struct CaptureControl {
  std::atomic<bool> awake{false};
  std::atomic<bool> keyframe{false};
  std::atomic<std::int64_t> bitrate_bps{0};
};

/// Where access units go. After close() none goes through any more, and none is on its way.
class Outlet {
 public:
  using Receiver = std::function<void(h264::AccessUnit)>;
  explicit Outlet(Receiver receiver) : receiver_(std::move(receiver)) {}
  void send(h264::AccessUnit unit) {
    const std::lock_guard lock(mutex_);
    if (receiver_) receiver_(std::move(unit));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    receiver_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Receiver receiver_;
};

struct CaptureSettings {
  std::string name;
  SourceUri source;
  EncoderPlan plan;
};

/// Worker thread, but for the getters.
class Capture {
 public:
  struct Links {
    std::shared_ptr<CaptureControl> control;
    std::shared_ptr<FrameLedger> ledger;
    std::shared_ptr<Outlet> outlet;
    std::function<void()> at_file_end;  ///< streaming thread: have play_again() called soon
  };
  /// Playing, or an error that names what to change.
  [[nodiscard]] static Result<std::shared_ptr<Capture>> open(const CaptureSettings& settings, Links links);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void close();
  /// A file from its start once more; false when it refuses.
  bool play_again();

  GstElement* pipeline() const { return pipeline_.get(); }
  const std::string& note() const { return note_; }

 private:
  Capture(const CaptureSettings& settings, Links links);
  Result<> build();
  Result<> play();
  Result<> pace();
  void watch_capture(GstElement* source);
  void watch_encoder(GstElement* tail);
  void deliver(GstSample* sample);
  void steer();
  void steer_bitrate();

  const CaptureSettings settings_;
  const Links links_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a driver hangs
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> out_, pace_;
  EncoderEnds encoder_;
  gst::Handle<GstPad> newest_in_;
  std::optional<TestSource> test_;
  std::optional<FileLoop> file_;
  gst::Probe captured_probe_, started_probe_;
  Bitrate bitrate_set_, limit_set_;  // streaming thread
  std::string note_;
};

}  // namespace bigfoot::media
