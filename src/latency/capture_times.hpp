#pragma once
// When a frame was captured, by its sender's clock, from its RTP timestamp.

#include <cstdint>
#include <optional>

#include "latency/peer_time.hpp"
#include "rtp/extensions.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot::latency {

/// Of one video stream (90 kHz). The time stands on some frames only (abs-capture-time, once a second), and in sender
/// reports; the RTP timestamp carries it to the others. A capture time is preferred: a report may be by the clock of a
/// server between us and the camera.
class CaptureTimes {
 public:
  /// The sender's clock and its RTP timestamps drift apart: what is farther away says nothing.
  static constexpr Seconds reach = 60s;

  /// Of the frame with this RTP timestamp. With an offset in it the time is taken over to the sender's own clock.
  void on_capture_time(std::uint32_t timestamp, const rtp::AbsCaptureTime& time);
  /// Two reports that differ by more about what a timestamp means are not believed, until the next two agree: the clock
  /// was set, or the sender writes wrong ones (GStreamer 1.22's webrtcbin adds the whole time of the session to each).
  static constexpr Nanos disagreement_max = 200ms;

  /// A report without NTP time (0, RFC 3550 6.4.1) says nothing.
  void on_report(const rtp::SenderReport& report);

  /// Within 20 µs of what the sender meant; nothing while no time within reach is known.
  std::optional<PeerTime> of(std::uint32_t timestamp) const;

 private:
  struct Anchor {
    std::uint32_t timestamp = 0;
    PeerTime at;
  };
  static std::optional<PeerTime> carry(const std::optional<Anchor>& anchor, std::uint32_t timestamp);

  std::optional<Anchor> captured_, reported_;
  std::optional<Anchor> last_report_;  ///< believed or not
};

}  // namespace bigfoot::latency
