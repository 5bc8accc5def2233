#include "server/drain.hpp"

#include <cstdio>

namespace bigfoot::server {
namespace {

constexpr Nanos handshake_time = 500ms;  // for the last close frames to be answered
constexpr Nanos restart_time = 1s;       // until the next process listens

std::string seconds_text(Nanos span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", to_seconds(span));
  return text;
}

}  // namespace

Drain::Drain(Loop& loop, Signaling& signaling, Whep& whep, Nanos spread, std::function<void()> done)
    : loop_(loop), signaling_(signaling), whep_(whep), spread_(spread), done_(std::move(done)) {}

void Drain::start() {
  if (draining_) return;
  draining_ = true;
  end_ = loop_.now() + spread_;
  whep_.refuse_offers(spread_ + restart_time);
  const auto peers = signaling_.sockets();
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const Nanos when = spread_ * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(peers.size());
    farewells_.push_back(
        loop_.after(when, [this, peer = peers[i], i, count = peers.size()] { farewell(peer, i, count); }));
  }
  looking_ = loop_.every(20ms, [this] { look_whether_done(); });
}

/// The returns are spread like the farewells, after the end of this process: the clients add nothing of their own.
void Drain::farewell(const std::string& peer, std::size_t index, std::size_t count) {
  const Nanos share = spread_ * static_cast<std::int64_t>(index) / static_cast<std::int64_t>(count);
  const Nanos wait = end_ - loop_.now() + restart_time + share;
  signaling_.close(peer, close_code::service_restart, "retry-after=" + seconds_text(wait));
}

void Drain::look_whether_done() {
  const bool waited = loop_.now() >= end_ + handshake_time;
  if (!waited && !signaling_.sockets().empty()) return;
  looking_.reset();
  done_();
}

}  // namespace bigfoot::server
