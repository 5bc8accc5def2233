#include "media/test_source.hpp"

#include "media/gst/video.hpp"

namespace bigfoot::media {

TestSource::TestSource(const Options& options, const Clock& clock, std::shared_ptr<PictureInput> to)
    : options_(options),
      clock_(clock),
      to_(std::move(to)),
      caps_(gst::raw_video_caps(options.size, options.fps)),
      picture_(options.pattern, options.size, options.fps, options.name),
      pool_(gst::adopt(gst_buffer_pool_new())) {
  GstStructure* config = gst_buffer_pool_get_config(pool_.get());
  gst_buffer_pool_config_set_params(config, caps_.get(),
                                    static_cast<guint>(gst::raw_video_bytes(options_.size, options_.fps)), 2, 0);
  gst_buffer_pool_set_config(pool_.get(), config);
}

TestSource::~TestSource() { stop(); }

void TestSource::start() {
  gst_buffer_pool_set_active(pool_.get(), TRUE);
  stop_ = false;
  thread_ = std::thread([this] { run(); });
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

void TestSource::run() {
  const Nanos interval = options_.fps.interval();
  Timestamp beat = clock_.now();
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_until(lock, beat, [this] { return stop_; })) {
    lock.unlock();
    draw();
    beat += interval * std::max<std::int64_t>(1, (clock_.now() - beat + interval - 1ns) / interval);
    lock.lock();
  }
}

void TestSource::draw() {
  if (!to_->awake()) return to_->unmade_picture();
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
  GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(options_.fps.interval().count());
  to_->picture(std::move(buffer), caps_.get(), now);
}

}  // namespace bigfoot::media
