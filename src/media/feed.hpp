#pragma once
// Where pictures pass from a source's pipeline to an encoder's: either is replaced while the other plays on, and where
// the source gives nothing a placeholder goes in. Nothing waits here but the newest picture, in the encoder's appsrc.

#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "media/camera_control.hpp"
#include "media/frame_ledger.hpp"
#include "media/gst/handle.hpp"
#include "media/picture_input.hpp"

namespace bigfoot::media {

/// Any thread. One for the life of a camera.
class Feed final : public PictureInput {
 public:
  Feed(std::shared_ptr<CameraControl> control, std::shared_ptr<FrameLedger> ledger);

  void picture(gst::Handle<GstBuffer> buffer, GstCaps* caps, Timestamp captured) override;
  void unmade_picture() override;
  bool awake() const override { return control_->awake; }
  /// Goes in unless the source gave a picture a moment ago.
  void placeholder(GstBuffer* buffer, GstCaps* caps);

  /// Pictures go to `appsrc` of a pipeline whose running time began at `base`.
  void connect(GstElement* appsrc, Timestamp base);
  /// After it the old appsrc is not touched.
  void disconnect();

  /// Pictures of another size follow: what was known of those before says nothing of them.
  void forget_caps();
  /// Of the pictures that went in last; none before the first.
  gst::Handle<GstCaps> caps() const;

  /// So long after its last picture a source counts as giving pictures.
  static constexpr Nanos fresh = 150ms;

 private:
  bool takes(Nanos running) const;
  void push(gst::Handle<GstBuffer> buffer, GstCaps* caps, Nanos running);
  Nanos running_at(Timestamp time) const;

  const std::shared_ptr<CameraControl> control_;
  const std::shared_ptr<FrameLedger> ledger_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a driver hangs
  mutable std::mutex mutex_;
  gst::Handle<GstElement> appsrc_;
  Timestamp base_{};
  Nanos last_running_{-1};
  gst::Handle<GstCaps> caps_;
};

}  // namespace bigfoot::media
