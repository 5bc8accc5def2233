#pragma once
// What comes in over one session: the packets of all its cameras go to one rtp::Receiver each, whole pictures come out,
// and the sender is told what it must know: what is missing (NACK, at once), that a key frame is needed (PLI), what
// arrived when (transport-wide feedback every 25 ms), how well it came (RR, once a second and as soon as a report of
// the sender can be answered: our robots take their round trip from it).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "base/units.hpp"
#include "latency/capture_times.hpp"
#include "latency/report_clock.hpp"
#include "rtp/receiver.hpp"
#include "rtp/twcc_feedback.hpp"
#include "sdp/receiving.hpp"
#include "view/demux.hpp"

namespace bigfoot::view {

/// One picture, whole.
struct Frame {
  std::shared_ptr<const Bytes> bytes;  ///< Annex B; a key frame has its parameter sets, wherever the sender said them
  bool keyframe = false;
  std::uint32_t timestamp = 0;  ///< RTP
  std::int64_t ticks = 0;       ///< the same, 90 kHz, without wraps
  std::uint64_t stream = 0;     ///< with another one the ticks begin anew
  Timestamp first_arrival;      ///< of its packets
  Timestamp last_arrival;       ///< whole since then
  std::size_t packets = 0;
  std::size_t repaired = 0;                   ///< of these, came again
  std::optional<latency::PeerTime> captured;  ///< by the sender's clock; nothing until it said so
  std::size_t newer = 0;                      ///< so many behind it are here and follow at once
};

class ReceivingListener {
 public:
  virtual ~ReceivingListener() = default;
  /// Each once, in order, from a key frame on; after a gap again from a key frame on. May call stop(), need_keyframe()
  /// and set_rtt(), nothing else.
  virtual void on_frame(std::size_t track, Frame frame) = 0;
};

/// Of one track in this session.
struct TrackFigures {
  rtp::Receiver::Stats counts;
  std::uint64_t bytes = 0;  ///< of all packets, repeats and headers too
  std::uint64_t nacks = 0;  ///< sent, each for any number of packets
  // Of the last whole second:
  Bitrate bitrate;
  double fps = 0;
  double loss_ratio = 0;  ///< 0 … 1, before repair
  Nanos jitter{0};
};

/// Loop thread. Silent until start(); start and stop may alternate: what is known of the streams stays.
class Receiving {
 public:
  /// A compound RTCP packet, or a reduced-size one where that was agreed.
  using SendRtcp = std::function<void(BytesView)>;
  /// Pictures of `agreed.tracks[i]` come as track i. `cname`: ours (RFC 7022: random). Everything borrowed must outlive
  /// it.
  Receiving(Loop& loop, const sdp::Receiving& agreed, std::string cname, SendRtcp send, ReceivingListener& listener);
  ~Receiving();
  Receiving(const Receiving&) = delete;
  Receiving& operator=(const Receiving&) = delete;

  void start();
  /// Nothing goes out or comes in any more.
  void stop();
  /// m-lines are stable: tracks come and go, what flows goes on without a gap.
  void renegotiated(const sdp::Receiving& agreed);

  /// What PeerListener hears. What is not of a track of ours is counted and dropped.
  void on_rtp(BytesView packet);
  void on_rtcp(BytesView datagram);

  /// The decoder of this track cannot go on: pictures come again from the next key frame on.
  void need_keyframe(std::size_t track);
  /// One is asked for, and what comes meanwhile goes on.
  void ask_keyframe(std::size_t track);
  /// As pings tell it (latency::ClockEstimator::rtt), where there are any.
  void set_rtt(std::optional<Nanos> rtt) { pinged_rtt_ = rtt; }
  /// The best that is known, by pings and by repairs; nothing before either.
  std::optional<Nanos> rtt() const;

  std::size_t tracks() const { return tracks_.size(); }
  TrackFigures figures(std::size_t track) const;
  /// The sender's clock by its reports, for who has no pings.
  std::optional<latency::ClockEstimate> report_clock(std::size_t track) const;
  /// Any RTP at all, of whatever track.
  std::optional<Timestamp> last_packet() const { return last_packet_; }
  std::uint64_t strangers() const { return strangers_; }  ///< packets of no track

 private:
  struct Track {
    explicit Track(const sdp::ReceivedTrack& agreed);
    sdp::ReceivedTrack agreed;
    rtp::Receiver receiver;
    latency::CaptureTimes capture_times;
    latency::ReportClock report_clock;
    bool heard_report = false;
    std::optional<Timestamp> due;
    std::uint8_t fir = 0;  // number of the next
    std::uint64_t bytes = 0, nacks = 0;
    // At the last count:
    std::uint64_t bytes_before = 0, frames_before = 0;
    Bitrate bitrate;
    double fps = 0;
  };

  void agree(const sdp::Receiving& agreed);
  void note_arrival(const rtp::Packet& packet, Timestamp now);
  std::optional<std::size_t> track_of(const rtp::Packet& packet);
  void take(std::size_t track, const rtp::Packet& packet, std::size_t bytes, Timestamp now);
  void step(std::size_t track, Timestamp now);
  void request(Track& track, const rtp::ReceiverStep& step);
  void on_report(const rtp::SenderReport& report, Timestamp now);
  Frame frame_of(Track& track, rtp::ReceivedFrame&& received) const;
  void run_due();
  void send_feedback(Timestamp now);
  void send_report(Timestamp now);
  void count(Timestamp now);
  void begin_rtcp();
  std::optional<Timestamp> next_due() const;
  void arm();

  Loop& loop_;
  const std::string cname_;
  const SendRtcp send_;
  ReceivingListener& listener_;

  const std::uint32_t ssrc_;
  Demux demux_;
  std::vector<std::unique_ptr<Track>> tracks_;
  std::uint8_t transport_cc_id_ = 0;  // 0: not agreed
  bool reduced_size_ = false;
  std::optional<rtp::TwccFeedback> feedback_;
  std::optional<Nanos> pinged_rtt_;
  std::optional<Timestamp> last_packet_, report_due_, counted_;
  std::uint64_t strangers_ = 0;
  bool started_ = false;
  Bytes rtcp_;  // scratch
  Timestamp armed_for_;
  Subscription timer_;
};

}  // namespace bigfoot::view
