#include "media/source_part.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/duration.hpp"

namespace bigfoot::media {
namespace {

// Live again within 1.5 s of its return: what opening costs comes on top.
constexpr PartRunner::Pauses pauses{200ms, 700ms, 5s};
constexpr Nanos seek_at_most = 5s;
/// Besides what another camera's driver that hangs may cost where one is looked for by its name.
constexpr Nanos controls_at_most = 3s;
/// What a camera that wakes up does not answer is asked again: three times, a second and a half in all.
constexpr int asks_max = 3;
constexpr Nanos ask_again_after = 500ms;
constexpr Nanos first_picture_at_most = 5s;  // some USB cameras take two seconds
constexpr Nanos slowest_interval = 1s;
/// The encoder may still have a picture in work: a driver is busy until that is back.
constexpr Nanos back_at_most = 300ms;
constexpr std::size_t recoveries_max = 64;
constexpr const char* asked_when_open = "it is asked again when the camera is opened anew";
/// What every browser decodes; the level is the source's own, and what viewers are told follows it.
constexpr h264::ProfileLevelId passed_at_most{0x42, 0xe0, 52};

auto find(auto& controls, const std::string& name) {
  return std::find_if(controls.begin(), controls.end(), [&](const ControlSetting& each) { return each.name == name; });
}

bool contains(const std::vector<ControlSetting>& controls, const ControlSetting& control) {
  return std::find(controls.begin(), controls.end(), control) != controls.end();
}

/// In another order, it may be.
bool same(const std::vector<ControlSetting>& some, const std::vector<ControlSetting>& others) {
  return std::is_permutation(some.begin(), some.end(), others.begin(), others.end());
}

bool same_camera(const SourceUri& one, const SourceUri& other) {
  return one.kind == other.kind && one.target == other.target && one.card == other.card;
}

}  // namespace

SourcePart::SourcePart(Loop& loop, CaptureSettings settings, std::shared_ptr<Feed> feed,
                       std::shared_ptr<FrameLedger> ledger, SourcePartListener& listener, Log log,
                       Decoders::Choose choose_decoder, std::shared_ptr<Junction> junction, SetControls set_controls)
    : loop_(loop),
      settings_(std::move(settings)),
      feed_(std::move(feed)),
      ledger_(std::move(ledger)),
      listener_(listener),
      log_(std::move(log)),
      decoders_(std::make_shared<Decoders>(settings_.decoder, std::move(choose_decoder))),
      junction_(std::move(junction)),
      set_controls_(std::move(set_controls)),
      placeholder_(loop, feed_, settings_.request.size, settings_.request.fps),
      held_(settings_.source.controls),
      self_(std::make_shared<SourcePart*>(this)),
      runner_(loop, *this, pauses) {}

void SourcePart::start(std::string_view takes, bool dmabuf) {
  const SourceRequest before = settings_.request;
  settings_.request.formats = formats_named(takes);
  settings_.request.nvmm = takes.find("memory:NVMM") != std::string_view::npos;
  settings_.request.dmabuf = dmabuf;
  if (!runner_.wanted()) {
    trouble_ = {};
    broken_ = false;
    unopened_ = true;
    return runner_.start();
  }
  if (before.formats == settings_.request.formats && before.nvmm == settings_.request.nvmm &&
      before.dmabuf == settings_.request.dmabuf)
    return;
  unopened_ = true;
  runner_.reopen();
}

void SourcePart::stop() {
  placeholder_.hide();
  stop_passing();
  runner_.stop();
}

void SourcePart::change(CaptureSettings next) {
  next.request.formats = settings_.request.formats;
  next.request.nvmm = settings_.request.nvmm;
  next.request.dmabuf = settings_.request.dmabuf;
  slow_modes_.forget();
  slowness_said_ = false;
  next.request.v4l2 = settings_.request.v4l2;
  SourceUri but_controls = next.source;
  but_controls.controls = settings_.source.controls;
  const bool same_size = next.request.size == settings_.request.size && next.request.fps == settings_.request.fps;
  const bool controls_only = same_size && but_controls == settings_.source && next.decoder == settings_.decoder;
  decoders_->wish(next.decoder);
  if (!same_camera(next.source, settings_.source)) held_.clear();
  const bool same_controls = same(next.source.controls, settings_.source.controls);
  settings_ = std::move(next);
  if (controls_only && same_controls) return;
  asks_left_ = asks_max;
  if (controls_only && runner_.open()) return set_controls();
  broken_ = false;
  unopened_ = true;
  untried_ |= !controls_only;
  if (!same_size) placeholder_.resize(settings_.request.size, settings_.request.fps);
  misfit_.reset();
  const bool passed = !std::exchange(passed_profile_, {}).empty();
  transcoded_said_ = false;
  if (!may_pass()) end_passing();
  runner_.reopen();
  if (passed) listener_.on_source_stream();  // who joins meanwhile is told our encoder's level
}

/// One job at a time: what is asked meanwhile is set after it, the newest of it.
void SourcePart::set_controls() {
  ask_again_.reset();
  other_controls_ = std::exchange(setting_, true);
  if (other_controls_) return;
  const auto result = std::make_shared<Result<std::vector<ControlRefusal>>>();
  runner_.run(
      "setting controls", settings_.request.v4l2->answers_within() + controls_at_most,
      [source = settings_.source, v4l2 = settings_.request.v4l2, result, set = set_controls_] {
        *result = set(source, *v4l2);
      },
      [this, result, asked = settings_.source.controls] {
        setting_ = false;
        if (*result)
          controls_tried(asked, **result);
        else
          controls_unanswered(asked, result->error());
        if (std::exchange(other_controls_, false) && runner_.open()) set_controls();
      });
}

/// Of what was wanted before nothing is lost, for the device may be another camera for a while. What a change asked on
/// top is taken back: the value before it holds. Calls out last, and may find all closed then.
void SourcePart::controls_tried(const std::vector<ControlSetting>& asked, const std::vector<ControlRefusal>& refused) {
  if (ask_again(refused)) return;
  auto before = std::exchange(held_, asked);
  std::vector<ControlRefusal> on_trial, others;
  for (const ControlRefusal& each : refused) (contains(before, each.setting) ? others : on_trial).push_back(each);
  std::string all;
  for (const ControlRefusal& each : others) all += each.why.what + "\n";
  const bool news = refusal_news_.tell(all, loop_.now());  // a camera may come and go
  for (const ControlRefusal& each : others) say_refused(each.why, asked_when_open, news);
  if (!on_trial.empty()) take_back(on_trial, std::move(before));
}

/// Neither a yes nor a no: all of them are set once more.
bool SourcePart::ask_again(const std::vector<ControlRefusal>& refused) {
  if (asks_left_ == 0 || std::none_of(refused.begin(), refused.end(),
                                      [](const ControlRefusal& each) { return each.why.next == Next::retry; }))
    return false;
  --asks_left_;
  ask_again_ = loop_.after(ask_again_after, [this] { set_controls(); });
  return true;
}

void SourcePart::say_refused(const Error& why, const std::string& then, bool news) {
  const auto level = news ? &Log::warn : &Log::debug;
  (log_.*level)("camera.control_refused", {{"why", why.what}, {"fix", why.fix}, {"then", then}});
}

void SourcePart::take_back(const std::vector<ControlRefusal>& refused, std::vector<ControlSetting> before) {
  auto& now = settings_.source.controls;
  for (const ControlRefusal& each : refused) {
    const auto was = find(before, each.setting.name);
    const bool any = was != before.end();
    for (auto* controls : {&held_, &now}) {
      const bool stood_there = std::erase(*controls, each.setting) > 0;  // else a newer wish took it out
      if (stood_there && any && find(*controls, each.setting.name) == controls->end()) controls->push_back(*was);
    }
    say_refused(each.why, any ? "it stays " + std::to_string(was->value) : "it is left out", true);
  }
  listener_.on_controls_refused(refused, now);
}

/// One that is gone refuses nothing: it gets them when it is opened again. Who asked is told.
void SourcePart::controls_unanswered(const std::vector<ControlSetting>& asked, const Error& why) {
  const auto before = std::exchange(held_, asked);
  std::vector<ControlRefusal> untried;
  for (const ControlSetting& each : asked)
    if (!contains(before, each)) untried.push_back({each, why});
  if (untried.empty()) return;
  say_refused(why, asked_when_open, true);
  listener_.on_controls_refused(untried, settings_.source.controls);
}

void SourcePart::end() {
  placeholder_.end();
  stop_passing();
  runner_.end();
}

PartListener::Open SourcePart::how_to_open() {
  opening_ = std::make_shared<std::shared_ptr<Capture>>();
  at_end_ = setting_ = other_controls_ = false;
  ask_again_.reset();
  asks_left_ = asks_max;
  opening_with_ = settings_.source.controls;
  decoders_->hang(runner_.left());
  settings_.request.ruled_out = slow_modes_.ruled_out(loop_.now());
  const auto again = [&loop = loop_, weak = std::weak_ptr(self_)] {
    loop.post([weak] {
      if (const auto self = weak.lock()) (*self)->play_again();
    });
  };
  const auto before = std::exchange(pools_, std::make_shared<gst::PoolWatch>());
  CaptureSettings settings = settings_;
  let_pass(settings);
  settings.request.dmabuf = settings.request.dmabuf && dmabuf_.trusted();
  return [opened = opening_, settings, before,
          links = Capture::Links{feed_, again, pools_, decoders_, runner_.step(),
                                 passing_}]() -> Result<std::shared_ptr<Part>> {
    before->wait(back_at_most);
    auto capture = Capture::open(settings, links);
    if (!capture) return tl::unexpected(capture.error());
    if (settings.source.passthrough == Passthrough::always && (*capture)->h264() != SourceH264::passed)
      return fail("the source gives no H.264 that could be passed through",
                  "let it give H.264 of the wanted rate, or set passthrough: auto");
    *opened = *capture;
    return *capture;
  };
}

void SourcePart::on_open() {
  unopened_ = false;
  capture_ = std::move(*opening_);
  dmabuf_.opened(capture_->shares_memory());
  // A faster camera loses what is not wanted before it is counted.
  if (const auto& mode = capture_->mode())
    judge_.emplace(mode->rate.fps() < settings_.request.fps.fps() ? mode->rate : settings_.request.fps);
  const std::string& note = capture_->note();
  say_decoder();
  const auto level = news_.tell(note, loop_.now()) ? &Log::info : &Log::debug;
  (log_.*level)("camera.started",
                {{"source", to_string(settings_.source.kind) + (note.empty() ? std::string() : " (" + note + ")")},
                 {"size", settings_.request.size.text()},
                 {"fps", settings_.request.fps.fps()}});
  if (std::exchange(at_end_, false)) play_again();
  if (capture_->h264() != SourceH264::passed) end_passing();
  if (capture_->h264() == SourceH264::decoded && !misfit_)
    say_transcoded(settings_.source.turn != Orientation{}
                       ? Error{"it is rotated, flipped or cut", "take rotate, flip and crop out", {}}
                       : Error{"it gives more pictures than are wanted", "set fps to what it gives", {}});
  controls_tried(opening_with_, capture_->refused_controls());
}

bool SourcePart::may_pass() const {
  const SourceUri& source = settings_.source;
  return junction_ && may_pass_through(source) && source.passthrough != Passthrough::never &&
         source.turn == Orientation{} && (source.passthrough == Passthrough::always || !misfit_);
}

/// A camera that shall be passed through and offers several formats is opened with H.264.
void SourcePart::let_pass(CaptureSettings& settings) {
  stop_passing();
  const bool always = settings.source.passthrough == Passthrough::always;
  settings.request.passes = may_pass();
  if (always && settings.source.kind == SourceKind::v4l2) settings.source.format = "h264";
  if (!settings.request.passes) return end_passing();
  const h264::PassRules rules{settings.request.size, passed_at_most, 2s, misfit_.has_value()};
  passing_ = std::make_shared<Passing>(rules, Passing::Links{feed_, ledger_, junction_});
}

void SourcePart::stop_passing() {
  if (passing_) passing_->close();
  passing_.reset();
}

void SourcePart::end_passing() {
  stop_passing();
  if (junction_) junction_->end_passing();
}

void SourcePart::look_at_passing() {
  if (const auto why = passing_->why()) return transcode(*why);
  const std::string profile = passing_->profile_level_id();
  if (profile.empty() || profile == passed_profile_) return;
  passed_profile_ = profile;
  log_.info("camera.passed_through",
            {{"profile", profile}, {"then", "its bit rate and its key frames are the camera's own"}});
  listener_.on_source_stream();
}

void SourcePart::transcode(const Error& why) {
  misfit_ = why;
  if (settings_.source.passthrough == Passthrough::always)
    return runner_.fail(
        {"its H.264 cannot be passed through: " + why.what, why.fix + ", or set passthrough: auto", Next::give_up});
  say_transcoded(why);
  passed_profile_.clear();
  runner_.reopen();
  listener_.on_source_stream();
}

/// Once, until it is set otherwise; who said `never` knows.
void SourcePart::say_transcoded(const Error& why) {
  if (settings_.source.passthrough != Passthrough::automatic || std::exchange(transcoded_said_, true)) return;
  log_.warn("camera.transcoded",
            {{"why", why.what}, {"fix", why.fix}, {"then", "its H.264 is decoded and encoded again"}});
}

void SourcePart::say_decoder() {
  const auto found = decoders_->take_found();
  if (!found) return;
  if (!found->forgiven.empty()) log_.warn("decoder.forgiven", {{"why", found->forgiven}});
  if (const std::string why = failures_text(found->choice.passed_over); !why.empty())
    log_.warn("decoder.passed_over", {{"why", why}});
  log_.info("decoder.chosen", {{"decoder", found->choice.row->element},
                               {"codec", key_of(found->codec)},
                               {"trial_p50_ms", to_millis(found->choice.decode_p50)}});
}

void SourcePart::on_closing() {
  if (passing_) passing_->close();
  ask_again_.reset();
  capture_.reset();
  judge_.reset();
}

void SourcePart::on_fault(Error error, bool in_use) {
  held_ = settings_.source.controls;  // no answer will come to the change that asked for them
  unopened_ = untried_ = false;
  broken_ = true;
  error.what = without_password(error.what);  // GStreamer repeats the addresses it was given
  const auto blamed = decoders_->blame(error, loop_.now());
  if (blamed && error.fix.empty())
    error.fix = "another decoder is taken when it happens again; the key decoder of the camera names one";
  if (error.what.find("not-negotiated") != std::string::npos && error.fix.empty())
    error.fix = "the source does not give " + settings_.request.size.text() + " at up to " +
                std::to_string(std::lround(settings_.request.fps.fps())) + " fps: set size and fps to what it gives";
  if (dmabuf_.lost_by_fault(in_use, ledger_->counts().last_captured > runner_.since()))
    log_.warn("camera.copies", {{"why", error.what}, {"then", "its pictures are copied to the encoder"}});
  miss_picture(error);
  listener_.on_source_fault(error, runner_.pause());
}

/// Where a trial of a decoder hangs, or of what makes its pictures, another has its turn: what was asked is still being
/// tried, and not refused.
void SourcePart::on_hang(const std::string& what, Error error, bool in_use) {
  if (tried_in(what).empty() || !runner_.leave()) return on_fault(std::move(error), in_use);
  unopened_ = true;
  error.fix = "another decoder is taken; the key decoder of the camera names one";
  miss_picture(error);
  listener_.on_source_fault(error, runner_.pause());
}

void SourcePart::on_left(const std::string& what, bool) {
  log_.warn("decoder.left_hanging",
            {{"decoder", tried_in(what)}, {"then", "it is left to itself and another is tried"}});
}

void SourcePart::play_again() {
  if (!runner_.open()) {
    at_end_ = runner_.wanted();  // a short file is at its end before it counts as open
    return;
  }
  const auto refused = std::make_shared<bool>(false);
  runner_.run(
      "rewinding", seek_at_most, [capture = capture_, refused] { *refused = !capture->play_again(); },
      [this, refused] {
        if (*refused) runner_.fail({"the file does not go back to its start", {}, Next::restart_pipeline});
      });
}

void SourcePart::watch() {
  if (!runner_.wanted()) return;
  if (passing_ && runner_.open()) look_at_passing();
  const auto counts = ledger_->counts();
  const Timestamp now = loop_.now(), captured = counts.last_captured, attentive_since = attention_.look(now);
  if (runner_.open() && captured > runner_.since()) untried_ = broken_ = false;
  // A camera may give fewer pictures than it is asked for; one that comes and goes is not waited for any longer.
  const Nanos interval = std::max(settings_.request.fps.interval(), std::min(counts.usual_interval, slowest_interval));
  const Nanos missing_after = std::max(settings_.patience.picture, interval * 3);
  const Timestamp came = std::max(captured, passing_ ? passing_->last_came() : captured);  // it may lack a key frame
  const Timestamp looked_since = std::max(runner_.since(), attentive_since);
  const Nanos silent = now - std::max(came, looked_since), unseen = now - std::max(captured, looked_since);
  judge_rate(now, attentive_since);
  // What a source that broke had still under way is no return.
  if (runner_.open() && captured > std::max(missing_since_, runner_.since()) && now - captured < missing_after)
    return have_picture();
  if (trouble_.what.empty() && unseen > missing_after)
    miss_picture({!runner_.open()          ? "the camera is starting"
                  : silent > missing_after ? "no picture from the camera for " + seconds_text(missing_after)
                                           : "the camera's next key frame has not come yet",
                  {},
                  Next::retry});
  show_placeholder();
  if (!runner_.open()) return;
  const Nanos still = std::max(settings_.patience.source, interval * 5);
  if (decoders_->stands_still(now, still) && silent > still) return runner_.fail(Decoders::standstill());
  // The limit is said, not the time: the same fault has the same text.
  const bool any = captured > runner_.since();
  const Nanos limit = any ? still : first_picture_at_most;
  if (silent > limit)
    runner_.fail({"no picture for " + seconds_text(limit), "check the cable and the power of the camera",
                  Next::restart_pipeline});
}

/// A mode that gives clearly fewer pictures than it promised gives way to the next cheapest.
void SourcePart::judge_rate(Timestamp now, Timestamp attentive_since) {
  const auto fps = judge_ ? judge_->look(now, capture_->taken(), attentive_since) : std::nullopt;
  if (!fps) return;
  const V4l2Choice mode = *capture_->mode();
  const auto instead = slow_modes_.found(mode, *fps, capture_->modes(), now);
  if (!instead && std::exchange(slowness_said_, true)) return;
  log_.warn("camera.slow",
            {{"mode", mode.text()},
             {"fps", std::round(*fps * 10) / 10},
             {"wanted", settings_.request.fps.fps()},
             {"then", instead ? "it is opened as " + instead->text() : "it stays: no other mode gives more"},
             {"fix", "more light, or a USB port of its own; else ask for less with size and fps"}});
  if (instead) runner_.reopen();
}

void SourcePart::miss_picture(Error why) {
  if (trouble_.what.empty()) missing_since_ = std::max(runner_.since(), ledger_->counts().last_captured);
  trouble_ = std::move(why);
  show_placeholder();
}

void SourcePart::show_placeholder() {
  if (!runner_.wanted() || trouble_.what.empty() || !feed_->awake()) return placeholder_.hide();
  if (junction_) junction_->let_encoder_in();
  placeholder_.show({settings_.request.camera, trouble_.what, trouble_.fix});
}

void SourcePart::have_picture() {
  if (trouble_.what.empty()) return;
  trouble_ = {};
  placeholder_.hide();
  const Nanos missed = loop_.now() - missing_since_;
  const auto level = back_news_.tell("", loop_.now()) ? &Log::info : &Log::debug;
  (log_.*level)("camera.recovered", {{"missing_s", to_seconds(missed)}});
  if (recoveries_.size() < recoveries_max) recoveries_.push_back(missed);
}

}  // namespace bigfoot::media
