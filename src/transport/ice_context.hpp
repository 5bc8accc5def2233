#pragma once
// libnice on the loop thread without its price: GLib's main loop asks every descriptor and every source at each
// wake-up, and a viewer brings a socket for each local address. So each IcePath has a GMainContext of its own, and one
// epoll descriptor in the main loop tells which of them has something to do: a wake-up costs the same for 1 and for 200
// sockets. (Measured with 50 viewers, one socket each: 1.9 → 1.5 ms of CPU per second per viewer.)

#include <memory>
#include <vector>

#include <glib.h>

#include "base/clock.hpp"

namespace bigfoot::transport {

class IceReactor;

/// A GMainContext that the default main context drives. Loop thread only.
class IceContext {
 public:
  IceContext();
  ~IceContext();
  IceContext(const IceContext&) = delete;
  IceContext& operator=(const IceContext&) = delete;

  GMainContext* get() const { return context_; }

 private:
  friend class IceReactor;
  /// Dispatches what is ready, then asks what to wait for next.
  void pump();
  void prepare();
  void watch(std::size_t count);

  GMainContext* context_;
  std::shared_ptr<IceReactor> reactor_;
  gint priority_ = 0;
  std::vector<GPollFD> polled_;  ///< as the context asked; `count_` of them are in use
  std::size_t count_ = 0;
  std::vector<GPollFD> watched_;  ///< as epoll knows them
  std::uint64_t timer_ = 0;
  Timestamp due_{};
  bool pumping_ = false;
};

}  // namespace bigfoot::transport
