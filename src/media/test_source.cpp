#include "media/test_source.hpp"

#include <gst/app/gstappsrc.h>

#include "media/gst/video.hpp"

namespace bigfoot::media {

TestSource::TestSource(const Options& options, GstElement* appsrc, const Clock& clock, FrameLedger& ledger, Awake awake)
    : options_(options),
      appsrc_(gst::share(appsrc)),
      clock_(clock),
      ledger_(ledger),
      awake_(std::move(awake)),
      picture_(options.pattern, options.size, options.fps, options.name),
      pool_(gst::adopt(gst_buffer_pool_new())) {
  const auto caps = gst::raw_video_caps(options_.size, options_.fps);
  gst_app_src_set_caps(GST_APP_SRC(appsrc), caps.get());
  GstStructure* config = gst_buffer_pool_get_config(pool_.get());
  gst_buffer_pool_config_set_params(config, caps.get(),
                                    static_cast<guint>(gst::raw_video_bytes(options_.size, options_.fps)), 2, 0);
  gst_buffer_pool_set_config(pool_.get(), config);
}

TestSource::~TestSource() { stop(); }

void TestSource::start(Timestamp base) {
  gst_buffer_pool_set_active(pool_.get(), TRUE);
  stop_ = false;
  thread_ = std::thread([this, base] { run(base); });
}

void TestSource::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  thread_.join();
  gst_buffer_pool_set_active(pool_.get(), FALSE);
}

void TestSource::run(Timestamp base) {
  const Nanos interval = options_.fps.interval();
  Timestamp beat = clock_.now();
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_until(lock, beat, [this] { return stop_; })) {
    lock.unlock();
    draw(base);
    beat += interval * std::max<std::int64_t>(1, (clock_.now() - beat + interval - 1ns) / interval);
    lock.lock();
  }
}

void TestSource::draw(Timestamp base) {
  if (!awake_()) {
    const Timestamp now = clock_.now();
    ledger_.captured(now - base, now, false);
    return;
  }
  GstBuffer* taken = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool_.get(), &taken, nullptr) != GST_FLOW_OK) return;
  auto buffer = gst::adopt(taken);
  Timestamp now{};
  gst::draw_into(buffer.get(), options_.size, options_.fps, [&](const Picture& picture) {
    picture_.draw_scene(picture, clock_.now().time_since_epoch());
    const WallTime wall = clock_.wall();
    now = clock_.now();
    picture_.draw_time(picture, drawn_, std::chrono::floor<Micros>(wall));
  });
  ++drawn_;
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>((now - base).count());
  GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(options_.fps.interval().count());
  ledger_.captured(now - base, now, true);
  gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), buffer.release());
}

}  // namespace bigfoot::media
