#pragma once
// What one viewer is sent once it is connected: its RTP senders, one pacer, one transport-wide numbering, its feedback.

#include <optional>
#include <vector>

#include "base/loop.hpp"
#include "congestion/feedback_metrics.hpp"
#include "congestion/pacer.hpp"
#include "robot/metrics.hpp"
#include "robot/peer.hpp"
#include "robot/rung.hpp"
#include "robot/send_buffers.hpp"
#include "robot/stage_times.hpp"
#include "rtp/sender.hpp"
#include "rtp/twcc.hpp"
#include "sdp/negotiated.hpp"
#include "sdp/peer_kind.hpp"

namespace bigfoot::robot {

/// One camera of the robot as a session sees it.
struct CameraTrack {
  Rung* rung = nullptr;
  CameraMetrics metrics;
};

/// What a viewer's own reports say about its path. A viewer may claim anything: each figure is held within what a path
/// can be.
struct PathQuality {
  std::optional<Nanos> rtt;  ///< 0 … rtt_max
  double loss_ratio = 0;     ///< 0 … 1, before repair
  /// Growth of the one-way delay. A packet cannot arrive before it was sent, so a second brings at most one more.
  std::optional<double> delay_trend_ms_per_second;  ///< -1000 … 1000
};
inline constexpr Nanos rtt_max = 10s;

/// Loop thread. Silent until start(); start and stop may alternate.
class Sending final : private RungSubscriber {
 public:
  /// `cameras[i]` goes out as `negotiated.tracks[i]`; everything borrowed must outlive it.
  Sending(Loop& loop, Peer& peer, std::vector<CameraTrack> cameras, const sdp::Negotiated& negotiated,
          sdp::PeerKind viewer, const std::string& cname, rtp::WallOffset wall, const ViewerMetrics& metrics,
          const SendBuffers& buffers = {});
  ~Sending() override;
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  /// Subscribes to the rungs and asks for a key frame of each.
  void start();
  /// Nothing leaves any more; what waited is dropped, but a picture that is half sent is finished after the next
  /// start().
  void stop();
  /// After a renegotiation: payload types and extensions stay (our m-lines are stable), cameras may come and go. What
  /// flows goes on without a gap.
  void renegotiated(const sdp::Negotiated& negotiated);
  /// Which cameras the viewer looks at, by their place; at first all. The pictures of the others stay here, and one
  /// that is looked at again begins with a key frame. Reports go on: they are how a viewer of nothing knows its path.
  void watch(const std::vector<bool>& watched);

  void on_rtcp(BytesView datagram);
  void on_packet_sent(std::uint16_t transport_sequence, std::size_t bytes, Timestamp at);
  void on_writable();
  /// SR and SDES of every track; once a second.
  void send_reports();

  PathQuality quality() const;
  /// How long the latest pictures took until they left, of each camera that any left of.
  std::vector<latency::SenderStages> stages() const;
  bool started() const { return started_; }
  /// The first packet of the first key frame has been handed to the kernel.
  bool first_frame_sent() const { return first_frame_sent_; }

 private:
  struct Track {
    CameraTrack camera;
    rtp::TrackSender sender;
    bool transport_cc = false;
    bool accepted = true;
    bool watched = true;
    std::optional<std::uint8_t> last_fir;
    std::uint8_t m_line = 0;
    StageTimes times = {};
    bool flows() const { return accepted && watched; }
  };

  void on_frame(std::size_t track, const h264::FramePtr& frame) override;
  Nanos rtt() const override;
  void on_settings() override;

  void subscribe(std::size_t index);
  /// It flows now, or no more: `flowed` says what it did before.
  void changed(std::size_t index, bool flowed);
  void pump();
  bool write_item(const congestion::Pacer::Item& item, Timestamp now);
  bool flush();
  void want_keyframe(std::size_t index);
  /// By the SSRC of its pictures: the numbers of its repair stream are others.
  Track* track_of(std::uint32_t ssrc);
  /// The same, while the viewer takes and watches it: only then may it ask for anything.
  Track* flowing(std::uint32_t ssrc);

  void on(const rtp::ReceiverReport& report);
  void on(const rtp::SenderReport& report);
  void on(const rtp::Nack& nack);
  void on(const rtp::Pli& pli);
  void on(const rtp::Fir& fir);
  void on(const rtp::TransportFeedback& feedback);
  template <class Other>
  void on(const Other&) {}

  Loop& loop_;
  Peer& peer_;
  ViewerMetrics metrics_;
  std::vector<Track> tracks_;
  congestion::Pacer pacer_;
  rtp::TwccSender twcc_;
  congestion::FeedbackMetrics feedback_;
  std::vector<rtp::TrackSender::Repeat> repeats_;  // scratch
  Bytes report_;                                   // scratch
  bool started_ = false;
  bool first_frame_sent_ = false;
  Subscription pace_timer_;
};

}  // namespace bigfoot::robot
