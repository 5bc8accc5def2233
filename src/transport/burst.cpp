#include "transport/burst.hpp"

namespace bigfoot::transport {

std::shared_ptr<Burst> burst_of_this_thread() {
  thread_local std::weak_ptr<Burst> shared;  // scratch memory, no state: each burst ends empty
  auto burst = shared.lock();
  if (!burst) {
    burst = std::make_shared<Burst>();
    shared = burst;
  }
  return burst;
}

}  // namespace bigfoot::transport
