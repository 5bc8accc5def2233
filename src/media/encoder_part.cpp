#include "media/encoder_part.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::media {
namespace {

constexpr PartRunner::Pauses pauses{50ms, 2s, 5s};
constexpr std::size_t judged_frames = 150;
constexpr std::size_t recoveries_max = 64;
constexpr int slow_checks_max = 40;  // two seconds of a p95 above half an interval

}  // namespace

EncoderPart::EncoderPart(Loop& loop, EncoderWish wish, Links links, Receiver receiver, EncoderPartListener& listener,
                         Log log, Choose choose)
    : loop_(loop),
      wish_(std::move(wish)),
      links_(std::move(links)),
      receiver_(std::move(receiver)),
      listener_(listener),
      log_(std::move(log)),
      choose_(std::move(choose)),
      runner_(loop, *this, pauses) {}

void EncoderPart::start() { runner_.start(); }

void EncoderPart::stop() {
  if (outlet_) outlet_->close();
  runner_.stop();
}

void EncoderPart::change(EncoderWish wish) {
  wish_ = std::move(wish);
  choice_.reset();
  faults_ = CodecFaults();
  slow_checks_ = 0;
  runner_.reopen();
}

void EncoderPart::end() {
  if (outlet_) outlet_->close();
  runner_.end();
}

Result<EncoderChoice> EncoderPart::choose_from_table(const EncoderWish& wish, Bitrate bitrate,
                                                     const std::map<std::string, std::string>& failed,
                                                     const OnTrial& on_trial) {
  return choose_encoder(wish.name, wish.size, wish.fps, bitrate, failed, on_trial);
}

PartListener::Open EncoderPart::how_to_open() {
  // Trials that took longer than opening may have ended all the same: the worker is past them when it comes to this.
  const auto before = std::exchange(opening_, std::make_shared<Opened>(wish_));
  if (choice_) opening_->choice = *choice_;
  outlet_ = std::make_shared<Outlet>(receiver_);
  return [opened = opening_, before, wish = wish_, known = choice_.has_value(), passed_over = faults_.passed_over(),
          choose = choose_, step = runner_.step(), links = Encoding::Links{links_.control, links_.ledger, outlet_}] {
    const bool late = !known && before && before->wish == wish && before->choice.plan.row &&
                      !passed_over.contains(before->choice.plan.row->element);
    if (late) opened->choice = before->choice;
    return open_in_worker(*opened, wish, known || late, passed_over, choose, step, links);
  };
}

Result<std::shared_ptr<Part>> EncoderPart::open_in_worker(Opened& opened, const EncoderWish& wish, bool known,
                                                          const std::map<std::string, std::string>& passed_over,
                                                          const Choose& choose, const Worker::Step& step,
                                                          Encoding::Links links) {
  if (auto started = gst::start(); !started) return tl::unexpected(started.error());
  const Bitrate bitrate{links.control->bitrate_bps};
  if (!known) {
    auto chosen = choose(wish, bitrate, passed_over, step);
    if (!chosen && !passed_over.empty()) {  // rather one that broke than none at all
      opened.forgiven = chosen.error().what;
      chosen = choose(wish, bitrate, {}, step);
    }
    if (!chosen) return tl::unexpected(chosen.error());
    opened.choice = std::move(*chosen);
  }
  step("opening " + std::string(opened.choice.plan.row->element));
  EncoderPlan plan = opened.choice.plan;
  plan.bitrate = bitrate;
  auto encoding = Encoding::open(plan, std::move(links));
  if (!encoding) return tl::unexpected(encoding.error());
  opened.encoding = *encoding;
  return *encoding;
}

/// A trial costs as much as half a second of video: what it found is kept.
void EncoderPart::keep_choice() {
  if (!opening_->forgiven.empty()) {
    log_.warn("encoder.forgiven", {{"why", opening_->forgiven}});
    faults_.forget();
  }
  if (choice_ || opening_->choice.plan.row == nullptr) return;
  choice_ = opening_->choice;
  if (!choice_->reason.empty()) log_.warn("encoder.passed_over", {{"why", choice_->reason}});
  if (!choice_->plan.row->bitrate_property)
    log_.warn("encoder.own_rate", {{"encoder", wish_.name}, {"then", "it keeps the rate that its text gives"}});
  log_.info("encoder.chosen", {{"encoder", choice_->plan.row->element},
                               {"slices", choice_->plan.slices},
                               {"profile", choice_->profile_level_id},
                               {"trial_p50_ms", to_millis(choice_->encode_p50)}});
}

void EncoderPart::on_open() {
  keep_choice();
  slow_checks_ = 0;
  links_.feed->connect(opening_->encoding->input(), opening_->encoding->base_time());
  opening_->encoding.reset();  // from here on the runner's alone
  if (broken_since_ && recoveries_.size() < recoveries_max) recoveries_.push_back(loop_.now() - *broken_since_);
  broken_since_.reset();
  listener_.on_encoder_open();
}

void EncoderPart::on_closing() {
  outlet_->close();
  links_.feed->disconnect();
}

void EncoderPart::on_fault(Error error, bool in_use) {
  keep_choice();
  const Timestamp owed = links_.ledger->counts().owed_since;
  if (in_use && !broken_since_) broken_since_ = owed == Timestamp{} ? loop_.now() : owed;
  if (choice_ && faults_.add(choice_->plan.row->element, error.what, loop_.now())) choice_.reset();
  links_.control->keyframe = true;  // a new encoder begins with one anyway; it may have been asked of the old one
  listener_.on_encoder_fault(error, runner_.pause());
}

void EncoderPart::watch() {
  if (!runner_.open()) return;
  check_standstill(links_.ledger->counts(), attention_.look(loop_.now()));
  if (runner_.open()) check_slices();
}

void EncoderPart::check_standstill(const FrameLedger::Counts& counts, Timestamp attentive_since) {
  if (counts.owed_since == Timestamp{}) return;
  if (loop_.now() - std::max(counts.owed_since, attentive_since) >
      std::max(wish_.stands_still_after, wish_.fps.interval() * 5))
    runner_.fail({std::string(choice_->plan.row->element) + " stands still", {}, Next::restart_pipeline});
}

/// One slice a picture costs the receiver least under loss; it must not cost frames. Another number of slices needs
/// another pipeline, a few pictures less: that waits until nobody watches.
void EncoderPart::check_slices() {
  if (choice_->plan.slices > 1 || !*choice_->plan.row->sliced || slices_when_slow() < 2) return;
  if (links_.control->awake) return judge(links_.ledger->recent());
  if (slow_checks_ < slow_checks_max) return;
  choice_->plan.slices = slices_when_slow();
  log_.info("encoder.sliced", {{"slices", choice_->plan.slices}});
  runner_.reopen();
}

void EncoderPart::judge(const FrameLedger::Percentiles& recent) {
  if (slow_checks_ >= slow_checks_max) return;  // judged
  const bool slow = recent.frames >= judged_frames && recent.p95 > wish_.fps.interval() / 2;
  slow_checks_ = slow ? slow_checks_ + 1 : 0;
  if (slow_checks_ == slow_checks_max)
    log_.warn("encoder.fell_behind", {{"encode_p95_ms", to_millis(recent.p95)},
                                      {"half_interval_ms", to_millis(wish_.fps.interval() / 2)},
                                      {"then", "pictures are cut into slices when nobody watches"}});
}

}  // namespace bigfoot::media
