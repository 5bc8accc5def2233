#pragma once
// Learns when buffer pools are gone, which they are when the last of their buffers has come back.

#include <condition_variable>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media::gst {

/// Any thread.
class PoolWatch {
 public:
  /// Counts the pool of a buffer that the caller holds, once; a buffer of no pool does not matter.
  void watch(GstBuffer* buffer);
  /// Whether all that were seen are gone, within `at_most`.
  bool wait(Nanos at_most) const;

 private:
  struct Alive {
    std::mutex mutex;
    std::condition_variable changed;
    int pools = 0;
  };
  static void gone(gpointer alive, GObject* pool);

  const std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  GstBufferPool* last_ = nullptr;  ///< the streaming thread's; compared, not used
};

}  // namespace bigfoot::media::gst
