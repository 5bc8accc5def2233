#pragma once
// One generation of a camera's encoder: pictures of the feed in, access units out.

#include <atomic>
#include <memory>

#include "h264/access_unit.hpp"
#include "media/camera_control.hpp"
#include "media/encoder_control.hpp"
#include "media/frame_ledger.hpp"
#include "media/gst/pipeline.hpp"
#include "media/gst/probe.hpp"
#include "media/outlet.hpp"
#include "media/part.hpp"

namespace bigfoot::media {

/// Where access units go.
using Outlet = OutletOf<h264::AccessUnit>;

/// Worker thread, but for the getters.
class Encoding final : public Part {
 public:
  struct Links {
    std::shared_ptr<CameraControl> control;
    std::shared_ptr<FrameLedger> ledger;
    std::shared_ptr<Outlet> outlet;
  };
  /// Playing, waiting for its first picture, or an error that names what to change; or that its outlet was closed while
  /// it was built, and nothing was begun.
  /// `waiting`: pictures in front of the encoder.
  [[nodiscard]] static Result<std::shared_ptr<Encoding>> open(const EncoderPlan& plan, Links links, int waiting = 1);
  ~Encoding() override;
  Encoding(const Encoding&) = delete;
  Encoding& operator=(const Encoding&) = delete;

  void close() override;
  GstElement* pipeline() const override { return pipeline_.get(); }
  /// The appsrc; it holds the newest pictures, as many as may wait.
  GstElement* input() const { return in_.get(); }
  Timestamp base_time() const { return pipeline_.base_time(); }

 private:
  Encoding(const EncoderPlan& plan, Links links);
  Result<> build(int waiting);
  void watch_input();
  void watch_output();
  void deliver(GstSample* sample);
  void check_keyframe(bool keyframe);
  void steer();
  void steer_bitrate();

  const EncoderPlan plan_;
  const Links links_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a driver hangs
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_, out_;
  EncoderEnds encoder_;
  gst::Probe started_probe_;
  Bitrate bitrate_set_, limit_set_;            // streaming thread
  std::atomic<int> pictures_since_asked_{-1};  ///< for a key frame; negative: not asked
};

}  // namespace bigfoot::media
