#include "media/camera.hpp"

#include <algorithm>
#include <map>

#include "media/capture.hpp"
#include "media/encoder_faults.hpp"
#include "media/encoder_trial.hpp"
#include "media/gst/bus.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos open_at_most = 15s;  // a first plugin scan and the trial encode are in it
constexpr Nanos close_at_most = 5s;
constexpr Nanos seek_at_most = 5s;
constexpr Nanos watch_period = 200ms;
constexpr Nanos look_at_most = 600ms;        // between two looks: later, and it was this process that stood still
constexpr Nanos first_picture_at_most = 5s;  // some USB cameras take two seconds
constexpr Bitrate bitrate_min{50'000}, bitrate_max{50'000'000};
constexpr std::size_t judged_frames = 150;
constexpr int slow_checks_max = 10;  // two seconds of a p95 above half an interval

Bitrate within_limits(Bitrate bitrate) { return std::clamp(bitrate, bitrate_min, bitrate_max); }

std::string seconds_text(Nanos span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", to_seconds(span));
  return text;
}

/// What the worker leaves for the loop.
struct Opened {
  std::shared_ptr<Capture> capture;
  EncoderChoice choice;
  std::string forgiven;  ///< why no encoder was left without those passed over; empty when one was
  std::optional<Error> error;
};

/// Rather one that broke than none at all: without the others those passed over are tried once more.
Result<EncoderChoice> choose_any_encoder(const CameraSettings& settings, const EncoderPlan& plan,
                                         const std::map<std::string, std::string>& passed_over, std::string& forgiven) {
  if (auto started = gst::start(); !started) return tl::unexpected(started.error());
  auto choice = choose_encoder(settings.encoder, plan.size, plan.fps, plan.bitrate, passed_over);
  if (choice || passed_over.empty()) return choice;
  forgiven = choice.error().what;
  return choose_encoder(settings.encoder, plan.size, plan.fps, plan.bitrate, {});
}

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

struct Camera::Impl {
  Impl(Loop& the_loop, CameraSettings the_settings, CameraListener& the_listener, Log the_log);
  ~Impl();

  void start();
  void stop();
  void close();
  void opened(std::uint64_t generation, Opened& result);
  void closed(std::uint64_t generation);
  void log_encoder() const;
  void set_state(CameraState next);
  void tell(Error error);
  void fail(Error error);
  void overdue(const std::string& what, Nanos deadline);
  void on_message(GstMessage& message);
  void encoder_broke(const std::string& why);
  void play_again(std::uint64_t generation);
  void watch();
  void check_pictures(const FrameLedger::Counts& counts, Timestamp now);
  void check_slices();
  void judge_encoder(const FrameLedger::Percentiles& recent);
  Nanos stall_limit() const { return std::max<Nanos>(settings.silence_at_most, fps.interval() * 5); }

  Loop& loop;
  CameraListener& listener;
  const CameraSettings settings;
  const Size size;
  const FrameRate fps;
  const Log log;

  std::shared_ptr<CaptureControl> control = std::make_shared<CaptureControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  Worker worker;

  CameraState state = CameraState::stopped;
  std::uint64_t generation = 0;  ///< of the pipeline; what an older one says is dropped
  std::shared_ptr<Opened> slot;  ///< filled by the worker
  std::shared_ptr<Outlet> outlet;
  gst::BusWatch bus;
  Subscription watchdog;
  Timestamp running_since{}, awake_since{};
  Timestamp looked_at{}, attentive_since{};
  std::optional<EncoderChoice> choice;  ///< kept over restarts
  EncoderFaults encoder_faults;
  std::uint64_t overdue_jobs = 0, starts = 0;
  int slow_checks = 0;
};

Camera::Impl::Impl(Loop& the_loop, CameraSettings the_settings, CameraListener& the_listener, Log the_log)
    : loop(the_loop),
      listener(the_listener),
      settings(std::move(the_settings)),
      size(settings.source.size.value_or(settings.size)),
      fps(settings.source.fps.value_or(settings.fps)),
      log(std::move(the_log)),
      worker(the_loop, [this](const std::string& what, Nanos deadline) { overdue(what, deadline); }) {
  control->bitrate_bps = within_limits(settings.bitrate).bps;
}

Camera::Impl::~Impl() {
  alive.reset();
  close();
}

void Camera::Impl::set_state(CameraState next) {
  if (state == next) return;
  state = next;
  listener.on_state(next);
}

void Camera::Impl::start() {
  if (state == CameraState::starting || state == CameraState::running) return;
  if (worker.stuck()) {
    loop.post([this, weak = std::weak_ptr(alive)] {
      if (!weak.expired())
        tell({"still hangs in its driver", "unplug it and plug it in again, or restart this program", Next::give_up});
    });
    return;
  }
  ++starts;
  const std::uint64_t mine = ++generation;
  slot = std::make_shared<Opened>();
  if (choice) slot->choice = *choice;
  outlet = std::make_shared<Outlet>(
      [&receiver = listener](h264::AccessUnit unit) { receiver.on_access_unit(std::move(unit)); });
  const auto again = [this, mine, &to = loop, weak = std::weak_ptr(alive)] {
    to.post([this, mine, weak] {
      if (!weak.expired()) play_again(mine);
    });
  };
  auto job = [opened = slot, known = choice.has_value(), passed_over = encoder_faults.passed_over(),
              settings = settings, size = size, fps = fps,
              links = Capture::Links{control, ledger, outlet, again}]() mutable {
    const Bitrate bitrate{links.control->bitrate_bps};
    if (!known) {
      auto chosen = choose_any_encoder(settings, {nullptr, size, fps, bitrate}, passed_over, opened->forgiven);
      if (!chosen) {
        opened->error = chosen.error();
        return;
      }
      opened->choice = std::move(*chosen);
    }
    EncoderPlan plan = opened->choice.plan;
    plan.bitrate = bitrate;
    auto capture = Capture::open({settings.name, settings.source, plan}, std::move(links));
    if (capture)
      opened->capture = std::move(*capture);
    else
      opened->error = capture.error();
  };
  worker.run("opening", open_at_most, std::move(job), [this, mine, opened_slot = slot] { opened(mine, *opened_slot); });
  set_state(CameraState::starting);
}

void Camera::Impl::opened(std::uint64_t mine, Opened& result) {
  if (mine != generation || state != CameraState::starting) return;
  if (!result.forgiven.empty()) {
    log.warn("encoder.forgiven", {{"why", result.forgiven}});
    encoder_faults.forget();
  }
  if (!choice && result.choice.plan.row) {  // kept even without a source: a trial costs as much as a second of video
    choice = result.choice;
    log_encoder();
  }
  if (result.error) return fail(*result.error);
  bus = gst::BusWatch(loop, result.capture->pipeline(), [this, mine](GstMessage& message) {
    if (mine == generation) on_message(message);
  });
  running_since = looked_at = attentive_since = loop.now();
  slow_checks = 0;
  watchdog = loop.every(watch_period, [this] { watch(); });
  const std::string& note = result.capture->note();
  log.info("camera.started",
           {{"source", to_string(settings.source.kind) + (note.empty() ? std::string() : " (" + note + ")")},
            {"size", size.text()},
            {"fps", fps.fps()}});
  set_state(CameraState::running);
}

void Camera::Impl::log_encoder() const {
  if (!choice->reason.empty()) log.warn("encoder.passed_over", {{"why", choice->reason}});
  log.info("encoder.chosen", {{"encoder", choice->plan.row->element},
                              {"slices", choice->plan.slices},
                              {"profile", choice->profile_level_id},
                              {"trial_p50_ms", to_millis(choice->encode_p50)}});
}

void Camera::Impl::stop() {
  if (state == CameraState::stopped || state == CameraState::stopping) return;
  close();
  set_state(CameraState::stopping);
}

/// Silences the generation and has the worker take it down.
void Camera::Impl::close() {
  const std::uint64_t mine = ++generation;
  watchdog.reset();
  bus = gst::BusWatch();
  if (outlet) outlet->close();
  if (!slot) return;
  worker.run(
      "closing", close_at_most,
      [old = std::move(slot)] {
        if (old->capture) old->capture->close();
        old->capture.reset();
      },
      [this, mine] { closed(mine); });
}

void Camera::Impl::closed(std::uint64_t mine) {
  if (mine == generation && state == CameraState::stopping) set_state(CameraState::stopped);
}

void Camera::Impl::tell(Error error) {
  error.what = "camera \"" + settings.name + "\": " + error.what;
  listener.on_fault(error);
}

void Camera::Impl::fail(Error error) {
  close();
  set_state(CameraState::stopping);
  tell(std::move(error));
}

void Camera::Impl::overdue(const std::string& what, Nanos deadline) {
  ++overdue_jobs;
  Error error{what + " hangs for more than " + seconds_text(deadline),
              "its driver does not answer: unplug it and plug it in again, or restart this program", Next::give_up};
  if (state == CameraState::starting || state == CameraState::running) return fail(std::move(error));
  tell(std::move(error));
}

void Camera::Impl::on_message(GstMessage& message) {
  switch (GST_MESSAGE_TYPE(&message)) {
    case GST_MESSAGE_ERROR: {
      Error error = gst::error_of(message);
      if (gst::source_of(message) == "encoder") encoder_broke(error.what);
      if (error.what.find("not-negotiated") != std::string::npos && error.fix.empty())
        error.fix = "the source does not give " + size.text() + " at up to " + std::to_string(std::lround(fps.fps())) +
                    " fps: set size and fps to what it gives";
      return fail(std::move(error));
    }
    case GST_MESSAGE_EOS: return fail({"the source came to its end", {}, Next::restart_pipeline});
    default: return;
  }
}

void Camera::Impl::encoder_broke(const std::string& why) {
  if (choice && encoder_faults.add(choice->plan.row->element, why, loop.now())) choice.reset();
}

void Camera::Impl::play_again(std::uint64_t mine) {
  if (mine != generation || !slot) return;
  const auto refused = std::make_shared<bool>(false);
  worker.run(
      "rewinding", seek_at_most,
      [opened_slot = slot, refused] { *refused = opened_slot->capture && !opened_slot->capture->play_again(); },
      [this, mine, refused] {
        if (*refused && mine == generation)
          fail({"the file does not go back to its start", {}, Next::restart_pipeline});
      });
}

void Camera::Impl::watch() {
  const Timestamp now = loop.now();
  if (now - looked_at > look_at_most) attentive_since = now;
  looked_at = now;
  check_pictures(ledger->counts(), now);
  if (state == CameraState::running) check_slices();
}

void Camera::Impl::check_pictures(const FrameLedger::Counts& counts, Timestamp now) {
  const bool any = counts.last_captured != Timestamp{};
  const Nanos silent = now - std::max(any ? counts.last_captured : running_since, attentive_since);
  const Nanos limit = any ? stall_limit() : first_picture_at_most;
  if (silent > limit)  // the limit is said, not the time: the same fault has the same text
    return fail({"no picture for " + seconds_text(limit), "check the cable and the power of the camera",
                 Next::restart_pipeline});
  if (!control->awake) return;
  const Timestamp encoded = std::max({counts.last_encoded, awake_since, running_since, attentive_since});
  if (counts.last_started > encoded && now - encoded > stall_limit()) {
    encoder_broke("stood still");
    fail({std::string(slot->choice.plan.row->element) + " stands still", {}, Next::restart_pipeline});
  }
}

/// One slice a picture costs the receiver least under loss; it must not cost frames. Another number of slices needs
/// another pipeline, half a second without pictures: that waits until nobody watches.
void Camera::Impl::check_slices() {
  if (choice->plan.slices > 1 || slices_when_slow() < 2) return;
  if (control->awake) return judge_encoder(ledger->recent());
  if (slow_checks < slow_checks_max) return;
  choice->plan.slices = slices_when_slow();
  log.info("encoder.sliced", {{"slices", choice->plan.slices}});
  close();
  set_state(CameraState::stopping);
  start();
}

void Camera::Impl::judge_encoder(const FrameLedger::Percentiles& recent) {
  if (slow_checks >= slow_checks_max) return;  // judged
  const bool slow = recent.frames >= judged_frames && recent.p95 > fps.interval() / 2;
  slow_checks = slow ? slow_checks + 1 : 0;
  if (slow_checks == slow_checks_max)
    log.warn("encoder.fell_behind", {{"encode_p95_ms", to_millis(recent.p95)},
                                     {"half_interval_ms", to_millis(fps.interval() / 2)},
                                     {"then", "pictures are cut into slices when nobody watches"}});
}

Camera::Camera(Loop& loop, CameraSettings settings, CameraListener& listener, Log log)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), listener, std::move(log))) {}
Camera::~Camera() = default;

void Camera::start() { impl_->start(); }
void Camera::stop() { impl_->stop(); }

void Camera::wake() {
  if (impl_->control->awake) return;
  impl_->awake_since = impl_->loop.now();
  impl_->control->keyframe = true;
  impl_->control->awake = true;
}

void Camera::sleep() { impl_->control->awake = false; }
bool Camera::awake() const { return impl_->control->awake; }
void Camera::set_bitrate(Bitrate bitrate) { impl_->control->bitrate_bps = within_limits(bitrate).bps; }
void Camera::request_keyframe() { impl_->control->keyframe = true; }
CameraState Camera::state() const { return impl_->state; }
const CameraSettings& Camera::settings() const { return impl_->settings; }
std::vector<Nanos> Camera::take_encode_times() { return impl_->ledger->take_encode_times(); }

CameraStats Camera::stats() const {
  const auto counts = impl_->ledger->counts();
  const auto recent = impl_->ledger->recent();
  CameraStats stats;
  stats.frames_captured = counts.captured;
  stats.frames_encoded = counts.encoded;
  stats.keyframes = counts.keyframes;
  stats.bytes_encoded = counts.bytes;
  stats.asleep = counts.asleep;
  stats.dropped_before_encoder = counts.dropped_before_encoder;
  stats.dropped_in_encoder = counts.dropped_in_encoder;
  stats.overdue_jobs = impl_->overdue_jobs;
  stats.restarts = impl_->starts > 0 ? impl_->starts - 1 : 0;
  stats.encode_p50 = recent.p50;
  stats.encode_p95 = recent.p95;
  stats.size = impl_->size;
  stats.fps = impl_->fps;
  if (const auto& choice = impl_->choice) {
    stats.slices = choice->plan.slices;
    stats.encoder = choice->plan.row->element;
    stats.encoder_reason = choice->reason;
    stats.profile_level_id = choice->profile_level_id;
  }
  return stats;
}

}  // namespace bigfoot::media
