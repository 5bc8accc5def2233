#include "robot/sending.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/random.hpp"

namespace bigfoot::robot {
namespace {

/// Before the first report nothing is known; repeats and key frames then wait as for a continental path.
constexpr Nanos rtt_guess = 100ms;

/// Chromium and Safari render at once on 0/0; Firefox froze on it (janus-gateway#2981) and is told 0 to 10 ms.
std::optional<rtp::PlayoutDelay> playout_delay_for(sdp::PeerKind viewer) {
  if (viewer == sdp::PeerKind::firefox) return rtp::PlayoutDelay{0ms, 10ms};
  return rtp::PlayoutDelay{};
}

rtp::TrackConfig config_of(const sdp::TrackNegotiated& track, sdp::PeerKind viewer, const std::string& cname,
                           Nanos history) {
  rtp::TrackConfig config;
  config.ssrc = track.ssrc;
  config.rtx_ssrc = track.rtx_payload_type ? track.rtx_ssrc : 0;
  config.payload_type = track.payload_type;
  config.rtx_payload_type = track.rtx_payload_type.value_or(0);
  config.extensions = track.extensions;
  config.mid = track.mid;
  config.cname = cname;
  config.playout_delay = playout_delay_for(viewer);
  config.first_sequence = static_cast<std::uint16_t>(random_u32() & 0x7fff);
  config.first_rtx_sequence = static_cast<std::uint16_t>(random_u32() & 0x7fff);
  config.timestamp_offset = random_u32();
  config.history.keep = history;
  return config;
}

/// A picture of usual size leaves as one burst: holding its second half back makes it late for certain, while a queue
/// on the path delays it by the same time only where the path is that slow (docs/adr/0006). Larger ones, key frames,
/// are paced.
void allow_for(congestion::PacerLimits& limits, const Rung& rung) {
  constexpr double pictures = 1.5;
  const auto interval = static_cast<double>(rung.frame_interval().count());
  limits.burst = std::max(limits.burst, Nanos(static_cast<std::int64_t>(interval * pictures / limits.factor)));
}

congestion::PacerLimits pacer_limits(const std::vector<CameraTrack>& cameras, Nanos queue) {
  congestion::PacerLimits limits;
  limits.queue = queue;
  for (const CameraTrack& camera : cameras) allow_for(limits, *camera.rung);
  return limits;
}

Bitrate total_of(const std::vector<CameraTrack>& cameras) {
  Bitrate total;
  for (const CameraTrack& camera : cameras) total.bps += camera.rung->bitrate().bps;
  return total;
}

}  // namespace

Sending::Sending(Loop& loop, Peer& peer, std::vector<CameraTrack> cameras, const sdp::Negotiated& negotiated,
                 sdp::PeerKind viewer, const std::string& cname, rtp::WallOffset wall, const ViewerMetrics& metrics,
                 const SendBuffers& buffers)
    : loop_(loop), peer_(peer), metrics_(metrics), pacer_(total_of(cameras), pacer_limits(cameras, buffers.queue)) {
  tracks_.reserve(cameras.size());
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const sdp::TrackNegotiated& agreed = negotiated.tracks.at(i);
    tracks_.push_back({cameras[i],
                       rtp::TrackSender(config_of(agreed, viewer, cname, buffers.history), wall),
                       agreed.extensions.transport_cc != 0,
                       agreed.accepted,
                       true,
                       {},
                       static_cast<std::uint8_t>(agreed.m_line.value_or(i)),
                       {}});
    pacer_.add_track(static_cast<int>(i));
  }
}

Sending::~Sending() { stop(); }

void Sending::start() {
  if (started_) return;
  started_ = true;
  for (std::size_t i = 0; i < tracks_.size(); ++i)
    if (tracks_[i].flows()) subscribe(i);
}

void Sending::stop() {
  if (!started_) return;
  started_ = false;
  pace_timer_.reset();
  pacer_.flush();
  for (const Track& track : tracks_)
    if (track.flows()) track.camera.rung->unsubscribe(*this);
}

void Sending::on_settings() {
  Bitrate total;
  congestion::PacerLimits limits;
  for (const Track& track : tracks_) {
    total.bps += track.camera.rung->bitrate().bps;
    allow_for(limits, *track.camera.rung);
  }
  pacer_.set_target(total, limits.burst);
}

void Sending::subscribe(std::size_t index) {
  on_settings();  // they may have changed while nothing was sent
  tracks_[index].camera.rung->subscribe(*this, index);
  want_keyframe(index);
}

void Sending::renegotiated(const sdp::Negotiated& negotiated) {
  for (std::size_t i = 0; i < tracks_.size() && i < negotiated.tracks.size(); ++i) {
    const bool flowed = tracks_[i].flows();
    tracks_[i].accepted = negotiated.tracks[i].accepted;
    changed(i, flowed);
  }
}

void Sending::watch(const std::vector<bool>& watched) {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    const bool flowed = tracks_[i].flows();
    tracks_[i].watched = watched.at(i);
    changed(i, flowed);
  }
}

void Sending::changed(std::size_t index, bool flowed) {
  if (!started_ || tracks_[index].flows() == flowed) return;
  if (!flowed) return subscribe(index);
  tracks_[index].camera.rung->unsubscribe(*this);
  pacer_.close_gate(index);
}

void Sending::on_frame(std::size_t track, const h264::FramePtr& frame) {
  const auto pushed = pacer_.push(track, frame, loop_.now());
  if (pushed.dropped > 0) tracks_[track].camera.metrics.dropped_send.add(static_cast<double>(pushed.dropped));
  // A viewer whose socket is full has no use for a key frame yet: the first picture after it drained asks.
  if (pushed.keyframe_wanted && peer_.writable()) want_keyframe(track);
  pump();
}

Nanos Sending::rtt() const { return std::clamp(feedback_.rtt().value_or(rtt_guess), Nanos{0}, rtt_max); }

PathQuality Sending::quality() const {
  const auto within = [](double value, double low, double high) {
    return std::isfinite(value) ? std::clamp(value, low, high) : low;
  };
  PathQuality quality;
  if (feedback_.rtt()) quality.rtt = rtt();
  quality.loss_ratio = within(feedback_.loss_ratio(), 0, 1);
  if (const auto trend = feedback_.delay_trend_ms_per_second())
    quality.delay_trend_ms_per_second = within(*trend, -1000, 1000);
  return quality;
}

std::vector<latency::SenderStages> Sending::stages() const {
  std::vector<latency::SenderStages> stages;
  for (const Track& track : tracks_)
    if (track.flows() && !track.times.empty()) stages.push_back(track.times.stages(track.m_line));
  return stages;
}

void Sending::want_keyframe(std::size_t index) { tracks_[index].camera.rung->want_keyframe(*this); }

void Sending::pump() {
  if (!started_) return;
  const Timestamp now = loop_.now();
  pacer_.set_blocked(!peer_.writable());
  while (const auto item = pacer_.next(now))
    if (!write_item(*item, now)) break;
  flush();
  pace_timer_.reset();
  if (const auto wake = pacer_.wake(now)) pace_timer_ = loop_.after(*wake - now, [this] { pump(); });
}

bool Sending::write_item(const congestion::Pacer::Item& item, Timestamp now) {
  std::uint8_t* out = peer_.reserve(rtp::packet_bytes_max);
  if (out == nullptr) {
    if (!flush()) return false;
    out = peer_.reserve(rtp::packet_bytes_max);
    if (out == nullptr) return false;
  }
  Track& track = tracks_[item.track];
  const std::span<std::uint8_t> room(out, rtp::packet_bytes_max);
  const std::uint16_t number = twcc_.next();
  const bool repeat = item.kind == congestion::Pacer::Item::Kind::repeat;
  const std::size_t size = repeat ? track.sender.write_rtx(item.sequence, number, now, room)
                                  : track.sender.write(*item.frame, item.index, number, now, room);
  if (size == 0) {
    BIGFOOT_CHECK(repeat, "a packet that was never sent is larger than its room");
    pacer_.skip_repeat();
    return true;
  }
  peer_.commit(size, track.transport_cc ? std::optional(number) : std::nullopt);
  if (!repeat && item.index == 0) {
    const h264::AccessUnit& unit = (*item.frame)->unit;
    track.times.add(unit, now);
    track.camera.metrics.stage_send.observe(now - unit.encoded);
  }
  if (repeat) {
    metrics_.rtx_packets.add();
  } else if (item.index + 1 == (*item.frame)->count()) {
    track.camera.metrics.sent.add();
    first_frame_sent_ = true;
  }
  pacer_.sent(item, size, now);
  return true;
}

bool Sending::flush() {
  const bool all = peer_.flush() == transport::Sent::all;
  if (!all) pacer_.set_blocked(true);
  return all;
}

void Sending::on_writable() { pump(); }

void Sending::on_packet_sent(std::uint16_t transport_sequence, std::size_t bytes, Timestamp at) {
  twcc_.on_sent(transport_sequence, bytes, at);
}

void Sending::send_reports() {
  report_.clear();
  const Timestamp now = loop_.now();
  for (const Track& track : tracks_)
    if (track.accepted) track.sender.append_report(now, report_);
  if (!report_.empty()) peer_.send_rtcp(report_);
}

Sending::Track* Sending::track_of(std::uint32_t ssrc) {
  const auto found =
      std::find_if(tracks_.begin(), tracks_.end(), [ssrc](const Track& track) { return track.sender.ssrc() == ssrc; });
  return found == tracks_.end() ? nullptr : &*found;
}

Sending::Track* Sending::flowing(std::uint32_t ssrc) {
  Track* track = track_of(ssrc);
  return started_ && track != nullptr && track->flows() ? track : nullptr;
}

void Sending::on_rtcp(BytesView datagram) {
  const auto packets = rtp::parse_rtcp(datagram);
  if (!packets) return;  // authenticated, yet not RTCP: nothing in it can be trusted to mean anything
  for (const rtp::RtcpPacket& packet : *packets) std::visit([this](const auto& known) { on(known); }, packet);
}

void Sending::on(const rtp::ReceiverReport& report) {
  const Timestamp now = loop_.now();
  for (const rtp::ReportBlock& block : report.reports)
    if (Track* track = track_of(block.ssrc)) {
      const auto rtt = track->sender.on_report(block, now);
      feedback_.on_report(static_cast<double>(block.fraction_lost) / 256, rtt);
    }
}

void Sending::on(const rtp::SenderReport& report) {
  if (!report.reports.empty()) on(rtp::ReceiverReport{report.ssrc, report.reports});
}

void Sending::on(const rtp::Nack& nack) {
  Track* track = flowing(nack.media_ssrc);
  if (track == nullptr) return;
  metrics_.nacks.add();
  repeats_.clear();
  track->sender.on_nack(nack, rtt(), loop_.now(), repeats_);
  for (const auto& repeat : repeats_)
    pacer_.push_repeat(static_cast<std::size_t>(track - tracks_.data()), repeat.sequence, repeat.size);
  pump();
}

void Sending::on(const rtp::Pli& pli) {
  Track* track = flowing(pli.media_ssrc);
  if (track == nullptr) return;
  metrics_.plis.add();
  want_keyframe(static_cast<std::size_t>(track - tracks_.data()));
}

void Sending::on(const rtp::Fir& fir) {
  for (const auto& request : fir.requests) {
    Track* track = flowing(request.ssrc);
    if (track == nullptr || track->last_fir == request.number) continue;
    track->last_fir = request.number;
    metrics_.firs.add();
    want_keyframe(static_cast<std::size_t>(track - tracks_.data()));
  }
}

void Sending::on(const rtp::TransportFeedback& feedback) {
  metrics_.feedbacks.add();
  feedback_.on_feedback(twcc_.on_feedback(feedback), loop_.now());
}

}  // namespace bigfoot::robot
