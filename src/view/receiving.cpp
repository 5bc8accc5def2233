#include "view/receiving.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "h264/nal.hpp"
#include "rtp/rtcp.hpp"

namespace bigfoot::view {
namespace {

constexpr Nanos report_interval = 1s;
// The first one soon: it ends the mid in each packet of a robot.
constexpr Nanos report_first = 25ms;
constexpr Nanos count_min = 900ms;  // a timer of a second, and a little early
constexpr Nanos early_max = 3ms;

rtp::ReceiverConfig config_of(const sdp::ReceivedTrack& agreed) {
  rtp::ReceiverConfig config;
  config.nack = false;
  for (const sdp::ReceivedFormat& format : agreed.formats) {
    config.payload_types.push_back(format.payload_type);
    if (format.rtx_payload_type) config.rtx_payload_types.push_back(*format.rtx_payload_type);
    config.nack = config.nack || format.feedback.nack;
  }
  config.abs_capture_time = agreed.extensions.abs_capture_time;
  return config;
}

bool any_of(const sdp::ReceivedTrack& agreed, bool sdp::Feedback::*kind) {
  return std::ranges::any_of(agreed.formats, [kind](const auto& format) { return format.feedback.*kind; });
}

bool has_parameter_sets(BytesView access_unit) {
  h264::NalReader reader(access_unit);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) {
    const h264::NalType type = h264::nal_type(nal[0]);
    if (type == h264::NalType::sps) return true;
    if (h264::is_slice(type)) return false;
  }
  return false;
}

/// Senders made of GStreamer may say them in their SDP only.
void add_parameter_sets(const sdp::ReceivedTrack& agreed, Bytes& access_unit) {
  if (has_parameter_sets(access_unit)) return;
  Bytes whole;
  for (const sdp::ReceivedFormat& format : agreed.formats) {
    for (const Bytes& nal : format.parameter_sets) {
      whole.insert(whole.end(), {0, 0, 0, 1});
      whole.insert(whole.end(), nal.begin(), nal.end());
    }
    if (!whole.empty()) break;
  }
  if (whole.empty()) return;
  whole.insert(whole.end(), access_unit.begin(), access_unit.end());
  access_unit = std::move(whole);
}

void earlier(std::optional<Timestamp>& first, const std::optional<Timestamp>& other) {
  if (other && (!first || *other < *first)) first = other;
}

}  // namespace

Receiving::Track::Track(const sdp::ReceivedTrack& track) : agreed(track), receiver(config_of(track)) {}

Receiving::Receiving(Loop& loop, const sdp::Receiving& agreed, std::string cname, SendRtcp send,
                     ReceivingListener& listener)
    : loop_(loop), cname_(std::move(cname)), send_(std::move(send)), listener_(listener), ssrc_(random_u32()) {
  agree(agreed);
}

Receiving::~Receiving() { stop(); }

void Receiving::agree(const sdp::Receiving& agreed) {
  demux_.agree(agreed.tracks);
  transport_cc_id_ = 0;
  reduced_size_ = true;
  for (std::size_t i = 0; i < agreed.tracks.size(); ++i) {
    const sdp::ReceivedTrack& now = agreed.tracks[i];
    if (i == tracks_.size())
      tracks_.push_back(std::make_unique<Track>(now));
    else if (tracks_[i]->agreed.formats != now.formats || tracks_[i]->agreed.extensions != now.extensions)
      tracks_[i] = std::make_unique<Track>(now);
    else
      tracks_[i]->agreed = now;
    if (!now.accepted) continue;
    // In a bundle an extension has one id.
    if (transport_cc_id_ == 0 && any_of(now, &sdp::Feedback::transport_cc))
      transport_cc_id_ = now.extensions.transport_cc;
    reduced_size_ = reduced_size_ && now.reduced_size_rtcp;
  }
}

void Receiving::renegotiated(const sdp::Receiving& agreed) {
  agree(agreed);
  arm();
}

void Receiving::start() {
  started_ = true;
  arm();
}

void Receiving::stop() {
  started_ = false;
  timer_.reset();
  report_due_.reset();
  counted_.reset();
}

std::optional<Nanos> Receiving::rtt() const {
  std::optional<Nanos> measured;
  for (const auto& track : tracks_) {
    const auto each = track->receiver.measured_rtt();
    if (each && (!measured || *each < *measured)) measured = each;
  }
  if (!pinged_rtt_ || !measured) return pinged_rtt_ ? pinged_rtt_ : measured;
  // Pings tell the shortest round trip. A repeat waits in the queues of the path and for the sender's pacer, too; but a
  // few that waited for long say little of the next.
  return std::clamp(*measured, *pinged_rtt_, 2 * *pinged_rtt_ + 20ms);
}

void Receiving::on_rtp(BytesView bytes) {
  if (!started_) return;
  const auto packet = rtp::parse_packet(bytes);
  if (!packet) return;
  const Timestamp now = loop_.now();
  last_packet_ = now;
  if (!report_due_) report_due_ = now + report_first;
  if (!counted_) counted_ = now;
  note_arrival(*packet, now);
  if (const auto track = track_of(*packet))
    take(*track, *packet, bytes.size(), now);
  else
    ++strangers_;
  if (!started_) return;
  send_feedback(now);
  arm();
}

void Receiving::note_arrival(const rtp::Packet& packet, Timestamp now) {
  const auto value = transport_cc_id_ == 0 ? std::nullopt : packet.extension(transport_cc_id_);
  const auto number = value ? rtp::parse_transport_cc(*value) : std::nullopt;
  if (!number) return;
  if (!feedback_) feedback_.emplace(ssrc_, packet.header.ssrc);
  feedback_->on_packet(*number, now);
}

std::optional<std::size_t> Receiving::track_of(const rtp::Packet& packet) {
  if (const auto known = demux_.track_of(packet)) return known;
  // A repair stream that nobody described (webrtcbin) is of the track that waits for what it repeats (RFC 4588 5.3).
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    if (!tracks_[i]->agreed.accepted || !tracks_[i]->receiver.awaits(packet)) continue;
    if (found) return std::nullopt;  // both wait for that number: the next one will tell
    found = i;
  }
  if (found) demux_.learn(packet.header.ssrc, *found);
  return found;
}

void Receiving::take(std::size_t index, const rtp::Packet& packet, std::size_t bytes, Timestamp now) {
  Track& track = *tracks_[index];
  track.bytes += bytes;
  const auto ssrc = track.receiver.ssrc();
  const std::uint64_t stream = track.receiver.streams();
  track.receiver.on_packet(packet, now);
  if (track.receiver.streams() != stream) {
    // Another stream has other timestamps; with another SSRC it may come from another machine.
    track.capture_times = {};
    if (track.receiver.ssrc() != ssrc) track.report_clock = {};
    track.heard_report = false;
  }
  step(index, now);
}

void Receiving::step(std::size_t index, Timestamp now) {
  Track& track = *tracks_[index];
  const Nanos path = rtt().value_or(rtp::Repair::rtt_guess);
  rtp::ReceiverStep step = track.receiver.step(now, path, track.receiver.reception().jitter());
  track.due = track.receiver.next_due();
  request(track, step);
  if (!step.frames.empty() && feedback_) feedback_->on_picture(now);
  for (std::size_t i = 0; i < step.frames.size() && started_; ++i) {
    Frame frame = frame_of(track, std::move(step.frames[i]));
    frame.newer = step.frames.size() - 1 - i;
    listener_.on_frame(index, std::move(frame));
  }
}

void Receiving::request(Track& track, const rtp::ReceiverStep& step) {
  if (step.nack.empty() && !step.keyframe) return;
  const std::uint32_t media = *track.receiver.ssrc();
  begin_rtcp();
  const std::size_t empty = rtcp_.size();
  if (!step.nack.empty()) {
    rtp::append_rtcp(rtp::Nack{ssrc_, media, step.nack}, rtcp_);
    ++track.nacks;
  }
  if (step.keyframe && any_of(track.agreed, &sdp::Feedback::pli))
    rtp::append_rtcp(rtp::Pli{ssrc_, media}, rtcp_);
  else if (step.keyframe && any_of(track.agreed, &sdp::Feedback::fir))
    rtp::append_rtcp(rtp::Fir{ssrc_, {{media, track.fir++}}}, rtcp_);
  if (rtcp_.size() > empty) send_(rtcp_);
}

Frame Receiving::frame_of(Track& track, rtp::ReceivedFrame&& received) const {
  if (received.captured) track.capture_times.on_capture_time(received.timestamp, *received.captured);
  if (received.keyframe) add_parameter_sets(track.agreed, received.bytes);
  Frame frame;
  frame.bytes = std::make_shared<const Bytes>(std::move(received.bytes));
  frame.keyframe = received.keyframe;
  frame.timestamp = received.timestamp;
  frame.ticks = received.ticks;
  frame.stream = track.receiver.streams();
  frame.first_arrival = received.first_arrival;
  frame.last_arrival = received.last_arrival;
  frame.packets = received.packets;
  frame.repaired = received.repaired;
  frame.captured = track.capture_times.of(received.timestamp);
  return frame;
}

void Receiving::on_rtcp(BytesView datagram) {
  if (!started_) return;
  const auto packets = rtp::parse_rtcp(datagram);
  if (!packets) return;  // authenticated, yet not RTCP: nothing in it can be trusted to mean anything
  for (const rtp::RtcpPacket& packet : *packets)
    if (const auto* report = std::get_if<rtp::SenderReport>(&packet)) on_report(*report, loop_.now());
  arm();
}

void Receiving::on_report(const rtp::SenderReport& report, Timestamp now) {
  const auto index = demux_.track_of(report.ssrc);
  // The repair stream has reports, too, with timestamps of its own.
  if (!index || tracks_[*index]->receiver.ssrc() != report.ssrc) return;
  Track& track = *tracks_[*index];
  track.receiver.reception().on_sender_report(report, now);
  track.capture_times.on_report(report);
  if (report.ntp != 0)
    track.report_clock.add(latency::from_peer_ntp(report.ntp), now, rtt().value_or(rtp::Repair::rtt_guess));
  if (track.heard_report) return;
  track.heard_report = true;
  report_due_ = now;
}

void Receiving::need_keyframe(std::size_t index) {
  Track& track = *tracks_.at(index);
  track.receiver.need_keyframe();
  track.due = loop_.now();
  arm();
}

void Receiving::ask_keyframe(std::size_t index) {
  Track& track = *tracks_.at(index);
  rtp::ReceiverStep step;
  step.keyframe = true;
  if (started_ && track.receiver.ssrc()) request(track, step);
}

void Receiving::run_due() {
  const Timestamp now = loop_.now();
  for (std::size_t i = 0; i < tracks_.size() && started_; ++i)
    if (tracks_[i]->due && *tracks_[i]->due <= now) step(i, now);
  if (!started_) return;
  send_feedback(now);
  if (report_due_ && *report_due_ <= now) {
    send_report(now);
    report_due_ = now + report_interval;
  }
  arm();
}

// A datagram that may not be reduced begins with a report, if an empty one, and says who we are (RFC 3550 6.1).
void Receiving::begin_rtcp() {
  rtcp_.clear();
  if (reduced_size_) return;
  rtp::append_rtcp(rtp::ReceiverReport{ssrc_, {}}, rtcp_);
  rtp::append_rtcp(rtp::SourceDescription{{{ssrc_, cname_}}}, rtcp_);
}

void Receiving::send_feedback(Timestamp now) {
  if (!feedback_) return;
  for (const rtp::TransportFeedback& feedback : feedback_->step(now)) {
    begin_rtcp();
    rtp::append_rtcp(feedback, rtcp_);
    send_(rtcp_);
  }
}

void Receiving::send_report(Timestamp now) {
  rtp::ReceiverReport report{ssrc_, {}};
  for (const auto& track : tracks_)
    if (track->agreed.accepted && track->receiver.ssrc())
      report.reports.push_back(track->receiver.reception().report(now));
  rtcp_.clear();
  rtp::append_rtcp(report, rtcp_);
  rtp::append_rtcp(rtp::SourceDescription{{{ssrc_, cname_}}}, rtcp_);
  send_(rtcp_);
  count(now);
}

void Receiving::count(Timestamp now) {
  if (!counted_ || now - *counted_ < count_min) return;
  const double seconds = to_seconds(now - *counted_);
  counted_ = now;
  for (const auto& track : tracks_) {
    const std::uint64_t frames = track->receiver.stats().frames.frames;
    track->fps = static_cast<double>(frames - track->frames_before) / seconds;
    track->bitrate.bps =
        static_cast<std::int64_t>(static_cast<double>(track->bytes - track->bytes_before) * 8 / seconds);
    track->frames_before = frames;
    track->bytes_before = track->bytes;
  }
}

TrackFigures Receiving::figures(std::size_t index) const {
  const Track& track = *tracks_.at(index);
  return {.counts = track.receiver.stats(),
          .bytes = track.bytes,
          .nacks = track.nacks,
          .bitrate = track.bitrate,
          .fps = track.fps,
          .loss_ratio = track.receiver.reception().loss_ratio(),
          .jitter = track.receiver.reception().jitter()};
}

std::optional<latency::ClockEstimate> Receiving::report_clock(std::size_t track) const {
  return tracks_.at(track)->report_clock.estimate();
}

std::optional<Timestamp> Receiving::next_due() const {
  std::optional<Timestamp> due = report_due_;
  for (const auto& track : tracks_) earlier(due, track->due);
  if (feedback_) earlier(due, feedback_->next_due());
  return due;
}

// Setting it anew costs less than a wake-up for nothing; a little too early it may fire.
void Receiving::arm() {
  const auto due = next_due();
  if (!started_ || !due) return timer_.reset();
  if (timer_ && armed_for_ <= *due && *due <= armed_for_ + early_max) return;
  armed_for_ = *due;
  timer_ = loop_.after(std::max(*due - loop_.now(), Nanos{0}), [this] {
    timer_.reset();
    run_due();
  });
}

}  // namespace bigfoot::view
