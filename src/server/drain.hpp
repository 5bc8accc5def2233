#pragma once
// An orderly end: not ready, no new work, every peer told when to come back, the farewells and the returns spread over
// time so that a fleet does not knock at the next server in one instant.

#include <functional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "server/signaling.hpp"
#include "server/whep.hpp"

namespace bigfoot::server {

/// Loop thread. WHEP sessions are not ended: their media goes on, and their robots keep resume tokens.
class Drain {
 public:
  Drain(Loop& loop, Signaling& signaling, Whep& whep, Nanos spread, std::function<void()> done);

  void start();
  bool draining() const { return draining_; }

 private:
  void farewell(const std::string& peer, std::size_t index, std::size_t count);
  void look_whether_done();

  Loop& loop_;
  Signaling& signaling_;
  Whep& whep_;
  Nanos spread_;
  std::function<void()> done_;
  bool draining_ = false;
  Timestamp end_{};
  std::vector<Subscription> farewells_;
  Subscription looking_;
};

}  // namespace bigfoot::server
