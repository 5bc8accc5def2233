#include "media/feed.hpp"

#include <utility>

#include <gst/app/gstappsrc.h>

namespace bigfoot::media {

Feed::Feed(std::shared_ptr<CameraControl> control, std::shared_ptr<FrameLedger> ledger)
    : control_(std::move(control)), ledger_(std::move(ledger)) {}

void Feed::picture(gst::Handle<GstBuffer> buffer, GstCaps* caps, Timestamp captured) {
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_.now();
  Nanos running = running_at(captured);
  // Sources that count their pictures instead of asking a clock lag behind it after each silence.
  if (running <= last_running_) running = running_at(now);
  if (!ledger_->captured(now, control_->awake)) return;
  if (!takes(running)) return ledger_->passed_over();
  ledger_->offered(running, now);
  push(std::move(buffer), caps, running);
}

void Feed::unmade_picture() { ledger_->captured(clock_.now(), false); }

void Feed::placeholder(GstBuffer* buffer, GstCaps* caps) {
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_.now();
  const Nanos running = running_at(now);
  if (!takes(running) || !control_->awake || now - ledger_->counts().last_captured < fresh) return;
  ledger_->stood_in(running, now);
  push(gst::share(buffer), caps, running);
}

Nanos Feed::running_at(Timestamp time) const { return appsrc_ ? time - base_ : Nanos{-1}; }

/// Time never goes back: a picture that was under way when a placeholder went in is passed over.
bool Feed::takes(Nanos running) const { return appsrc_ && running > last_running_; }

void Feed::push(gst::Handle<GstBuffer> buffer, GstCaps* caps, Nanos running) {
  last_running_ = running;
  if (!caps_ || !gst_caps_is_equal(caps_.get(), caps)) {
    caps_ = gst::share(caps);
    gst_app_src_set_caps(GST_APP_SRC(appsrc_.get()), caps);
  }
  // The memory is shared, not copied; a pool's buffer is kept from its pool meanwhile (gst_buffer_copy_into).
  auto ours = gst::adopt(gst_buffer_make_writable(buffer.release()));
  GST_BUFFER_PTS(ours.get()) = static_cast<GstClockTime>(running.count());
  GST_BUFFER_DTS(ours.get()) = GST_CLOCK_TIME_NONE;
  gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), ours.release());
}

void Feed::connect(GstElement* appsrc, Timestamp base) {
  const std::lock_guard lock(mutex_);
  appsrc_ = gst::share(appsrc);
  base_ = base;
  last_running_ = Nanos{-1};
  if (caps_) gst_app_src_set_caps(GST_APP_SRC(appsrc), caps_.get());
}

void Feed::disconnect() {
  const std::lock_guard lock(mutex_);
  appsrc_.reset();
}

void Feed::forget_caps() {
  const std::lock_guard lock(mutex_);
  caps_.reset();
}

gst::Handle<GstCaps> Feed::caps() const {
  const std::lock_guard lock(mutex_);
  return caps_ ? gst::share(caps_.get()) : gst::Handle<GstCaps>();
}

}  // namespace bigfoot::media
