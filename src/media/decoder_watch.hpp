#pragma once
// Whether a decoder gives back what it is given. One generation of it.

#include <atomic>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "media/gst/probe.hpp"

namespace bigfoot::media {

/// Any thread; standstill() is one thread's.
class DecoderWatch {
 public:
  /// Before it plays.
  explicit DecoderWatch(GstElement* decoder);

  /// So many pictures went in, from a key frame on, and none came out: those of the table hold back none (their trial).
  static constexpr int pictures_owed = 5;
  /// For how long that has been so, as seen by calls every 50 ms or so; nothing while it works or has nothing to do.
  std::optional<Nanos> standstill(Timestamp now);
  /// It was told what comes, and never said what it will give.
  bool refused() const { return state_->asked && !state_->answered; }

 private:
  struct State {  // a driver that hangs may keep its thread longer than this object lives
    std::atomic<int> owed{0};
    std::atomic<bool> started{false}, asked{false}, answered{false};
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  gst::Probe in_, out_;
  std::optional<Timestamp> since_;
};

}  // namespace bigfoot::media
