#include "robot/rung.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "h264/level.hpp"
#include "h264/profile_level_id.hpp"
#include "h264/sps.hpp"
#include "robot/stage_times.hpp"

namespace bigfoot::robot {
namespace {

/// Two frame intervals and the picture in work: older ones are not worth sending.
constexpr int backlog_max = 3;
/// A camera without a fault for so long works: its next fault is news. Longer than the longest pause between two tries,
/// and than the five seconds a camera has for its first picture.
constexpr Nanos works_after = 12s;

}  // namespace

Rung::Awake::Awake(std::weak_ptr<Rung*> rung) : rung_(std::move(rung)) {
  if (const auto self = rung_.lock()) (*self)->awake_changed(+1);
}

Rung::Awake::~Awake() {
  if (const auto self = rung_.lock()) (*self)->awake_changed(-1);
}

Rung::Rung(Loop& loop, media::CameraSettings settings, const CameraMaker& make_camera, CameraMetrics metrics, Log log)
    : loop_(loop),
      settings_(std::move(settings)),
      metrics_(std::move(metrics)),
      log_(std::move(log)),
      self_(std::make_shared<Rung*>(this)),
      camera_(make_camera(*this)) {
  metrics_.target_bitrate.set(static_cast<double>(settings_.bitrate.bps));
  metrics_.can_idr.set(1);
  metrics_.can_bitrate.set(1);
}

Rung::~Rung() {
  BIGFOOT_CHECK(subscribers_.empty(), "a viewer outlives its camera");
  camera_->stop();
}

void Rung::start() { camera_->start(); }

void Rung::apply(media::CameraSettings settings) {
  settings.name = settings_.name;
  settings_ = settings;
  metrics_.target_bitrate.set(static_cast<double>(settings_.bitrate.bps));
  camera_->apply(std::move(settings));
  for (const Subscribed& entry : subscribers_) entry.subscriber->on_settings();
}

void Rung::on_state(media::CameraState state) {
  if (state == media::CameraState::running) look_at_profile();
}

void Rung::look_at_profile() {
  const std::string profile = camera_->stats().profile_level_id;
  if (profile.empty()) return;
  const std::string before = std::exchange(known_profile_, profile);
  stream_profile_.clear();
  judged_sps_.clear();
  if (!before.empty() && before != profile && other_profile_) other_profile_();
}

std::shared_ptr<Rung::Awake> Rung::keep_awake() { return std::make_shared<Awake>(self_); }

/// It wakes with a key frame, which takes from the bucket like a spectator's request: else whoever looks away and back
/// again gets one each time.
void Rung::awake_changed(int by) {
  awake_ += by;
  if (awake_ == 0) {
    keyframe_timer_.reset();
    keyframes_.on_sleep();
    asleep_ = true;
    return camera_->sleep();
  }
  if (!asleep_) return;
  keyframes_.on_request(loop_.now(), false, Nanos{0});
  ask_for_due_keyframe();
}

void Rung::subscribe(RungSubscriber& subscriber, std::size_t track) { subscribers_.push_back({&subscriber, track}); }

void Rung::unsubscribe(RungSubscriber& subscriber) {
  std::erase_if(subscribers_, [&](const Subscribed& entry) { return entry.subscriber == &subscriber; });
  if (subscribers_.empty()) keyframe_timer_.reset();  // whoever comes next asks anew
}

void Rung::want_keyframe(RungSubscriber& subscriber) {
  const bool leader = subscribers_.size() == 1 && subscribers_.front().subscriber == &subscriber;
  viewer_asked_ = true;
  keyframes_.on_request(loop_.now(), leader, subscriber.rtt());
  ask_for_due_keyframe();
}

/// Pictures were lost here. A spectator's request: coalesced with theirs, and repeated until a key frame is delivered,
/// for the one that is asked for may be lost like the picture before it.
void Rung::make_good_for_loss() {
  if (awake_ == 0) return;  // waking begins with a key frame
  keyframes_.on_request(loop_.now(), false, Nanos{0});
  ask_for_due_keyframe();
}

void Rung::ask_for_due_keyframe() {
  if (awake_ == 0) return;
  const auto step = keyframes_.step(loop_.now());
  if (step.ask_now) std::exchange(asleep_, false) ? camera_->wake() : camera_->request_keyframe();
  keyframe_timer_.reset();
  if (step.wake) keyframe_timer_ = loop_.after(*step.wake - loop_.now(), [this] { ask_for_due_keyframe(); });
}

void Rung::on_access_unit(h264::AccessUnit unit) {
  if (backlog_->broken && !unit.keyframe) {
    ++backlog_->dropped;
    return;
  }
  if (backlog_->pictures >= backlog_max) {
    ++backlog_->dropped;
    if (!backlog_->broken.exchange(true))
      loop_.post([self = std::weak_ptr(self_)] {
        if (const auto rung = self.lock()) (*rung)->make_good_for_loss();
      });
    return;
  }
  backlog_->broken = false;
  ++backlog_->pictures;
  loop_.post([self = std::weak_ptr(self_), backlog = backlog_, unit = std::move(unit)]() mutable {
    --backlog->pictures;
    if (const auto rung = self.lock()) (*rung)->deliver(std::move(unit));
  });
}

void Rung::deliver(h264::AccessUnit unit) {
  const std::size_t bytes = unit.bytes.size();
  auto packetized = packetizer_.packetize(std::move(unit));
  if (!packetized) return lose_picture(packetized.error());
  const h264::FramePtr& frame = *packetized;
  if (!frame) return;  // parameter sets that come by themselves
  if (lost_ && !frame->keyframe) {
    ++unusable_;
    return;
  }
  if (frame->keyframe) {
    if (auto good = judge_stream(); !good) return refuse_stream(std::move(good.error()));
  }
  lost_ = false;
  if (frame->keyframe) {
    const auto stats = camera_->stats();
    allow_for_passed(stats, bytes);
    keyframes_.on_keyframe(loop_.now());
    (viewer_asked_ && !stats.passed_through ? metrics_.keyframes_viewer : metrics_.keyframes_other).add();
    viewer_asked_ = false;
    ask_for_due_keyframe();
  }
  metrics_.stage_capture.observe(StageTimes::capture_of(frame->unit));
  // Serving one viewer never ends another's subscription: sessions are freed from the loop, not from here.
  for (const Subscribed& entry : subscribers_) entry.subscriber->on_frame(entry.track, frame);
}

/// What the trial encoded was good; what the running encoder writes is what browsers get. A higher level than the one
/// agreed on is agreed anew; a lower one is within it, and is that of a placeholder where a camera's own H.264 passes.
Result<> Rung::judge_stream() {
  if (camera_->stats().passed_through) return {};  // judged before it is let through (h264/passthrough.hpp)
  const BytesView bytes = packetizer_.sps();
  if (std::equal(bytes.begin(), bytes.end(), judged_sps_.begin(), judged_sps_.end())) return {};
  const auto sps = h264::parse_sps(bytes);
  if (!sps) return {};           // the trial has read one of this encoder: ours may not know what browsers do
  h264::ProfileLevelId offered;  // constrained baseline, which every browser decodes
  offered = offered.with_level_of(sps->profile);
  if (auto fits = h264::check_fits(sps->profile, offered); !fits) return fits;
  judged_sps_.assign(bytes.begin(), bytes.end());
  const auto agreed = h264::parse_profile_level_id(profile_level_id());
  if (agreed && agreed->profile() == sps->profile.profile() && sps->profile.level_rank() <= agreed->level_rank())
    return {};
  stream_profile_ = sps->profile.text();
  if (other_profile_) other_profile_();
  return {};
}

void Rung::refuse_stream(Error error) {
  ++unusable_;
  lost_ = true;
  error.fix = "take encoder: auto, or write profile=constrained-baseline into the encoder's text";
  const auto level = stream_news_.tell(error.what, loop_.now()) ? &Log::error : &Log::debug;
  (log_.*level)("stream.undecodable", {{"why", error.what}, {"fix", error.fix}});
  error.what = "browsers could not decode its stream: " + error.what;
  camera_->reject_stream(std::move(error));
}

/// What follows refers to the lost one: it is held back up to the next key frame.
void Rung::lose_picture(const Error& error) {
  ++unusable_;
  const auto level = news_.tell(error.fix, loop_.now()) ? &Log::warn : &Log::debug;  // `what` has the picture's number
  (log_.*level)("rung.unusable_picture", {{"why", error.what}, {"fix", error.fix}});
  lost_ = true;
  make_good_for_loss();
}

void Rung::on_fault(const Error& error, Nanos pause) {
  const Timestamp now = loop_.now();
  if (now - std::exchange(faulty_at_, now) > works_after) news_.forget();
  const auto level = news_.tell(error.what, now) ? &Log::error : &Log::debug;
  (log_.*level)("camera.fault", {{"what", error.what}, {"fix", error.fix}, {"again_in_s", to_seconds(pause)}});
}

void Rung::on_refused(const std::vector<media::Refusal>& refused) {
  if (settings_listener_ != nullptr) settings_listener_->on_refused(name(), refused);
}

void Rung::on_settled() {
  if (settings_listener_ != nullptr) settings_listener_->on_settled(name());
}

std::string Rung::profile_level_id() const {
  if (!stream_profile_.empty()) return stream_profile_;
  if (auto known = camera_->stats().profile_level_id; !known.empty()) return known;
  h264::ProfileLevelId guess;  // constrained baseline: no encoder of ours makes another (media/encoder_trial.cpp)
  if (const auto level = h264::level_for(settings_.size, settings_.fps, settings_.bitrate)) guess.level_idc = *level;
  return guess.text();
}

CameraStatus Rung::status() const {
  const auto stats = camera_->stats();
  const bool running = camera_->state() == media::CameraState::running;
  CameraStatus status;
  status.name = name();
  status.source = media::source_text(settings_.source);
  status.trouble = stats.trouble;
  status.state = !running ? media::to_string(camera_->state()) : stats.trouble.empty() ? "live" : "no picture";
  status.size = settings_.source.size.value_or(settings_.size);
  status.fps = settings_.source.fps.value_or(settings_.fps);
  status.encoder = stats.encoder;
  status.target = settings_.bitrate;
  status.captured_fps = captured_.per_second();
  status.encoded_fps = encoded_.per_second();
  status.passed_through = stats.passed_through;
  const RateMeter& bytes = stats.passed_through ? passed_bytes_ : bytes_;
  status.encoded = {static_cast<std::int64_t>(bytes.per_second() * 8)};
  status.encode_p50 = stats.encode_p50;
  status.viewers = subscribers_.size();
  status.last_recovery = last_recovery_;
  return status;
}

/// Nobody chose the rate of a stream that is passed through, nor how large its key frames are: a pacer that holds one
/// back for longer than its queue may wait would drop all up to the next.
void Rung::allow_for_passed(const media::CameraStats& stats, std::size_t keyframe_bytes) {
  constexpr double keyframes_per_second = 10;  // with the pacer's 2.5 times its target one leaves within 40 ms
  constexpr double wavers = 0.9;
  const Bitrate before = bitrate();
  passed_keyframe_ = std::max(static_cast<double>(keyframe_bytes), passed_keyframe_ * wavers);
  if (!stats.passed_through) passed_keyframe_ = 0;
  const double bytes_per_second = std::max(passed_keyframe_ * keyframes_per_second, passed_bytes_.per_second());
  passed_rate_ = {stats.passed_through ? static_cast<std::int64_t>(bytes_per_second * 8) : 0};
  if (bitrate() == before) return;
  for (const Subscribed& entry : subscribers_) entry.subscriber->on_settings();
}

void Rung::report() {
  const auto catch_up = [](telemetry::Counter& counter, std::uint64_t value) {
    const double more = static_cast<double>(value) - counter.value();
    if (more > 0) counter.add(more);
  };
  const auto stats = camera_->stats();
  catch_up(metrics_.captured, stats.frames_captured);
  catch_up(metrics_.passed, stats.frames_passed);
  catch_up(metrics_.encoded, stats.frames_encoded);
  catch_up(metrics_.placeholders, stats.placeholders);
  catch_up(metrics_.overdue_jobs, stats.overdue_jobs);
  catch_up(metrics_.dropped_capture, stats.dropped_before_encoder);
  catch_up(metrics_.dropped_encode, stats.dropped_in_encoder + unusable_ + backlog_->dropped);
  metrics_.can_idr.set(stats.passed_through ? 0 : 1);
  metrics_.can_bitrate.set(stats.takes_bitrate ? 1 : 0);
  metrics_.encode_median.set(to_seconds(stats.encode_p50));
  for (const Nanos time : camera_->take_encode_times()) metrics_.encode_seconds.observe(time);
  for (const Nanos time : camera_->take_recoveries()) {
    metrics_.recovery.observe(time);
    last_recovery_ = {time, loop_.now()};
  }
  captured_.count(stats.frames_captured, loop_.now());
  encoded_.count(stats.frames_encoded + stats.frames_passed, loop_.now());
  bytes_.count(stats.bytes_encoded, loop_.now());
  passed_bytes_.count(stats.bytes_from_source, loop_.now());
  for (const Nanos time : camera_->take_encoder_recoveries()) metrics_.recovery_encoder.observe(time);
  metrics_.live.set(camera_->state() == media::CameraState::running && stats.trouble.empty() ? 1 : 0);
}

}  // namespace bigfoot::robot
