#include "media/camera.hpp"

#include <algorithm>
#include <utility>

#include "h264/profile_level_id.hpp"
#include "media/encoder_part.hpp"
#include "media/source_part.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos watch_period = 50ms;
constexpr Bitrate bitrate_min{50'000}, bitrate_max{50'000'000};

/// The profile is the encoder's: whatever is passed through decodes as that, too.
std::string with_higher_level(const std::string& encoder, const std::string& source) {
  const auto ours = h264::parse_profile_level_id(encoder), theirs = h264::parse_profile_level_id(source);
  if (!ours || !theirs || theirs->level_rank() <= ours->level_rank()) return encoder;
  return ours->with_level_of(*theirs).text();
}

Bitrate within_limits(Bitrate bitrate) { return std::clamp(bitrate, bitrate_min, bitrate_max); }

}  // namespace

const char* to_string(CameraState state) {
  switch (state) {
    case CameraState::stopped: return "stopped";
    case CameraState::starting: return "starting";
    case CameraState::running: return "running";
    case CameraState::stopping: return "stopping";
  }
  return "stopped";
}

struct Camera::Impl final : private EncoderPartListener, private SourcePartListener {
  Impl(Loop& the_loop, CameraSettings the_settings, CameraListener& the_listener, const Log& log);

  ~Impl() override { end(); }
  void end() {  // all three workers, before the first is waited for
    watchdog.reset();
    encoder.end();
    source.end();
  }

  void start();
  void stop();
  void apply(CameraSettings next);
  EncoderWish encoder_wish() const {
    return {settings.encoder, size, fps, settings.patience.encoder, settings.resources};
  }
  CaptureSettings capture_settings() const {
    return {settings.source, {size, fps, {}, false, settings.name, {}}, settings.patience, settings.decoder};
  }
  void watch();
  void set_state(CameraState next);
  void tell(Error error, Nanos pause);
  void on_encoder_open() override;
  void on_encoder_fault(const Error& error, Nanos pause) override;
  void on_wish_refused(const EncoderWish& refused, const Error& why) override;
  void on_source_fault(const Error& error, Nanos pause) override { tell(error, pause); }
  void on_source_stream() override { listener.on_stream(); }
  void on_controls_refused(const std::vector<ControlRefusal>& refused, const std::vector<ControlSetting>& now) override;
  bool settled() const;

  Loop& loop;
  CameraListener& listener;
  CameraSettings settings;
  Size size;
  FrameRate fps;

  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>(control, ledger);
  std::shared_ptr<Junction> junction;
  CameraState state = CameraState::stopped;
  EncoderPart encoder;
  SourcePart source;
  Error encoder_trouble;  ///< since it is not open; nothing in `what`: it is
  bool settling = false;  ///< on_settled() is owed
  Subscription watchdog;
};

Camera::Impl::Impl(Loop& the_loop, CameraSettings the_settings, CameraListener& the_listener, const Log& log)
    : loop(the_loop),
      listener(the_listener),
      settings(std::move(the_settings)),
      size(settings.source.size.value_or(settings.size)),
      fps(settings.source.fps.value_or(settings.fps)),
      junction(std::make_shared<Junction>(
          control, [&receiver = listener](h264::AccessUnit unit) { receiver.on_access_unit(std::move(unit)); })),
      encoder(
          loop, encoder_wish(), {control, ledger, feed},
          [to = junction](h264::AccessUnit unit) { to->encoded(std::move(unit)); }, *this, log),
      source(loop, capture_settings(), feed, ledger, *this, log, Decoders::from_table(settings.resources.gpu),
             junction) {
  control->bitrate_bps = within_limits(settings.bitrate).bps;
}

void Camera::Impl::set_state(CameraState next) {
  if (state == next) return;
  state = next;
  listener.on_state(next);
}

void Camera::Impl::start() {
  if (state == CameraState::starting || state == CameraState::running) return;
  set_state(CameraState::starting);
  watchdog = loop.every(watch_period, [this] { watch(); });
  encoder.start();
}

void Camera::Impl::stop() {
  if (state == CameraState::stopped || state == CameraState::stopping) return;
  source.stop();
  encoder.stop();
  set_state(CameraState::stopping);
}

void Camera::Impl::apply(CameraSettings next) {
  next.name = settings.name;
  next.resources = settings.resources;
  const EncoderWish before = encoder_wish();
  const bool other_source = next.source != settings.source || next.decoder != settings.decoder;
  settings = std::move(next);
  size = settings.source.size.value_or(settings.size);
  fps = settings.source.fps.value_or(settings.fps);
  control->bitrate_bps = within_limits(settings.bitrate).bps;
  settling = true;
  if (encoder_wish() == before) {
    if (other_source) source.change(capture_settings());
    return;
  }
  if (state == CameraState::running) set_state(CameraState::starting);
  if (state == CameraState::starting) source.stop();  // it comes back behind its encoder
  source.change(capture_settings());
  feed->forget_caps();
  encoder.change(encoder_wish());
}

/// The source waits for the encoder: a trial encode on a busy machine is disturbed by one, and lasts a second at most.
void Camera::Impl::on_encoder_open() {
  encoder_trouble = {};
  const EncoderRow& row = *encoder.choice()->plan.row;
  source.start(row.input, row.takes_dmabuf);
  set_state(CameraState::running);
}

void Camera::Impl::on_encoder_fault(const Error& error, Nanos pause) {
  if (state == CameraState::running) set_state(CameraState::starting);
  encoder_trouble = error;
  tell(error, pause);
}

void Camera::Impl::on_wish_refused(const EncoderWish& refused, const Error& why) {
  const EncoderWish& now = encoder.wish();
  std::vector<Refusal> all;
  if (refused.name != now.name) all.push_back({"encoder", refused.name, now.name, why});
  settings.encoder = now.name;
  if (refused.size != now.size) {
    all.push_back({"size", refused.size.text(), now.size.text(), why});
    settings.source.size.reset();
    settings.size = size = now.size;
  }
  if (refused.fps != now.fps) {
    all.push_back({"fps", refused.fps.text(), now.fps.text(), why});
    settings.source.fps.reset();
    settings.fps = fps = now.fps;
  }
  source.change(capture_settings());
  feed->forget_caps();
  listener.on_refused(all);
}

void Camera::Impl::on_controls_refused(const std::vector<ControlRefusal>& refused,
                                       const std::vector<ControlSetting>& now) {
  settings.source.controls = now;
  std::vector<Refusal> all;
  for (const ControlRefusal& each : refused) {
    Refusal one{"controls." + each.setting.name, std::to_string(each.setting.value), {}, each.why};
    for (const ControlSetting& holds : now)
      if (holds.name == each.setting.name) one.kept = std::to_string(holds.value);
    all.push_back(std::move(one));
  }
  listener.on_refused(all);
}

bool Camera::Impl::settled() const {
  const bool runs = state == CameraState::starting || state == CameraState::running;
  return !runs || (encoder.settled() && source.settled());
}

void Camera::Impl::tell(Error error, Nanos pause) {
  error.what = "camera \"" + settings.name + "\": " + error.what;
  listener.on_fault(error, pause);
}

void Camera::Impl::watch() {
  if (state == CameraState::stopping) {
    if (!encoder.stopped() || !source.stopped()) return;
    watchdog.reset();
    return set_state(CameraState::stopped);
  }
  encoder.watch();
  source.watch();
  if (settling && settled()) {
    settling = false;
    listener.on_settled();
  }
}

Camera::Camera(Loop& loop, CameraSettings settings, CameraListener& listener, const Log& log)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), listener, log)) {}
Camera::~Camera() = default;

void Camera::start() { impl_->start(); }
void Camera::stop() { impl_->stop(); }
void Camera::end() { impl_->end(); }

void Camera::wake() {
  if (impl_->control->awake) return;
  impl_->control->keyframe = true;
  impl_->control->awake = true;
}

void Camera::sleep() { impl_->control->awake = false; }
bool Camera::awake() const { return impl_->control->awake; }
void Camera::reject_stream(Error why) { impl_->encoder.reject(std::move(why)); }
void Camera::apply(CameraSettings settings) { impl_->apply(std::move(settings)); }
bool Camera::settled() const { return impl_->settled(); }
void Camera::set_bitrate(Bitrate bitrate) { impl_->control->bitrate_bps = within_limits(bitrate).bps; }
void Camera::request_keyframe() { impl_->control->keyframe = true; }
CameraState Camera::state() const { return impl_->state; }
const CameraSettings& Camera::settings() const { return impl_->settings; }
std::vector<Nanos> Camera::take_encode_times() { return impl_->ledger->take_encode_times(); }
std::vector<Nanos> Camera::take_recoveries() { return impl_->source.take_recoveries(); }
std::vector<Nanos> Camera::take_encoder_recoveries() { return impl_->encoder.take_recoveries(); }

CameraStats Camera::stats() const {
  const auto counts = impl_->ledger->counts();
  const auto recent = impl_->ledger->recent();
  const auto& encoder = impl_->encoder.runner();
  const auto& source = impl_->source.runner();
  CameraStats stats;
  stats.frames_captured = counts.captured;
  stats.frames_encoded = counts.encoded;
  stats.keyframes = counts.keyframes;
  stats.bytes_encoded = counts.bytes;
  stats.frames_passed = counts.passed;
  stats.bytes_from_source = counts.source_bytes;
  stats.passed_through = impl_->junction->passes();
  stats.placeholders = counts.stood_in;
  stats.asleep = counts.asleep;
  stats.dropped_before_encoder = counts.dropped_before_encoder;
  stats.dropped_in_encoder = counts.dropped_in_encoder;
  stats.overdue_jobs = encoder.overdue_jobs() + source.overdue_jobs();
  stats.hung = std::max(encoder.hung(), source.hung());
  for (const PartRunner* part : {&encoder, &source}) stats.restarts += part->starts() > 0 ? part->starts() - 1 : 0;
  stats.encode_p50 = recent.p50;
  stats.encode_p95 = recent.p95;
  stats.size = impl_->size;
  stats.fps = impl_->fps;
  const Error& trouble = impl_->encoder_trouble;
  stats.trouble = trouble.what.empty() ? impl_->source.trouble() : trouble.what;
  stats.source_fault = impl_->source.fault();
  if (!trouble.what.empty() && impl_->encoder.settled()) stats.encoder_fault = trouble;
  if (const auto& choice = impl_->encoder.choice()) {
    stats.slices = choice->plan.slices;
    stats.encoder = choice->plan.row->element;
    stats.encoder_reason = choice->reason;
    stats.takes_bitrate = choice->plan.row->bitrate_property != nullptr && !stats.passed_through;
    stats.profile_level_id = with_higher_level(choice->profile_level_id, impl_->source.passed_profile());
  }
  return stats;
}

}  // namespace bigfoot::media
