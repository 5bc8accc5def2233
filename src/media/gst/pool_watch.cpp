#include "media/gst/pool_watch.hpp"

namespace bigfoot::media::gst {

void PoolWatch::watch(GstBuffer* buffer) {
  if (!buffer->pool || buffer->pool == last_) return;
  last_ = buffer->pool;
  {
    const std::lock_guard lock(alive_->mutex);
    ++alive_->pools;
  }
  auto kept = std::make_unique<std::shared_ptr<Alive>>(alive_);  // until the pool is gone, however late
  g_object_weak_ref(G_OBJECT(buffer->pool), &PoolWatch::gone, kept.release());
}

void PoolWatch::gone(gpointer data, GObject*) {
  const std::unique_ptr<std::shared_ptr<Alive>> kept(static_cast<std::shared_ptr<Alive>*>(data));
  Alive& alive = **kept;
  const std::lock_guard lock(alive.mutex);
  --alive.pools;
  alive.changed.notify_all();
}

bool PoolWatch::wait(Nanos at_most) const {
  std::unique_lock lock(alive_->mutex);
  return alive_->changed.wait_for(lock, at_most, [this] { return alive_->pools == 0; });
}

}  // namespace bigfoot::media::gst
