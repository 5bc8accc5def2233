#include "media/encoder_part.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string_view>
#include <utility>

namespace bigfoot::media {
namespace {

/// An encoder that works closes within some milliseconds. One that hangs is not waited for: pictures are missing.
constexpr PartRunner::Pauses pauses{50ms, 2s, 5s, 400ms};
constexpr std::size_t judged_frames = 150;
constexpr std::size_t recoveries_max = 64;
constexpr int slow_checks_max = 40;  // two seconds of a p95 above half an interval

constexpr std::string_view opening_step = "opening ";

/// Whose trial or opening a step is; empty: no one's.
std::string element_of(std::string_view step) {
  return step.starts_with(opening_step) ? std::string(step.substr(opening_step.size())) : tried_in(step);
}

}  // namespace

class EncoderPart::Opened {
 public:
  explicit Opened(EncoderWish wish) : wish_(std::move(wish)) {}
  const EncoderWish& wish() const { return wish_; }
  Tried tried() const {
    const std::lock_guard lock(mutex_);
    return tried_;
  }
  std::shared_ptr<Encoding> take_encoding() {
    const std::lock_guard lock(mutex_);
    return std::exchange(tried_.encoding, nullptr);
  }
  void chose(EncoderChoice choice, std::string forgiven) {
    const std::lock_guard lock(mutex_);
    tried_.choice = std::move(choice);
    tried_.forgiven = std::move(forgiven);
  }
  void opened(std::shared_ptr<Encoding> encoding) {
    const std::lock_guard lock(mutex_);
    tried_.encoding = std::move(encoding);
  }
  /// Another opens in its place: what it finds is of no use any more.
  void leave() { left_ = true; }
  bool left() const { return left_; }
  /// No encoder was left without those that hang.
  void lack() { lacks_ = true; }
  bool lacks() const { return lacks_; }

 private:
  const EncoderWish wish_;
  mutable std::mutex mutex_;
  Tried tried_;
  std::atomic<bool> left_{false}, lacks_{false};
};

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

void EncoderPart::reject(Error why) {
  if (runner_.open()) runner_.fail(std::move(why));
}

void EncoderPart::end() {
  if (outlet_) outlet_->close();
  runner_.end();
}

Result<EncoderChoice> EncoderPart::choose_from_table(const EncoderWish& wish, Bitrate bitrate,
                                                     const std::map<std::string, std::string>& failed,
                                                     const OnTrial& on_trial) {
  return choose_encoder(wish.name, wish.size, wish.fps, bitrate, failed, on_trial, Host(), wish.resources);
}

PartListener::Open EncoderPart::how_to_open() {
  // Trials that took longer than opening may have ended all the same: the worker is past them when it comes to this.
  const auto before = std::exchange(opening_, std::make_shared<Opened>(wish_));
  outlet_ = std::make_shared<Outlet>(receiver_);
  // Another wish that comes to nothing goes back to the encoder that was.
  const bool forgives = !proven_ || proven_->wish == wish_;
  const auto hang = hanging();
  // Of who asks for it by name it is opened once more, as it was: there is no other.
  if (choice_ && hang.contains(choice_->plan.row->element) && wish_.name != choice_->plan.row->element) choice_.reset();
  return [opened = opening_, before, wish = wish_,
          rules = Rules{choice_.value_or(EncoderChoice()), faults_.passed_over(), hang, forgives}, choose = choose_,
          step = runner_.step(), links = Encoding::Links{links_.control, links_.ledger, outlet_}]() mutable {
    if (!rules.known.plan.row && before && before->wish() == wish) {
      const EncoderChoice late = before->tried().choice;
      if (late.plan.row && !rules.broke.contains(late.plan.row->element) &&
          !rules.hang.contains(late.plan.row->element))
        rules.known = late;
    }
    return open_in_worker(*opened, wish, std::move(rules), choose, step, std::move(links));
  };
}

Result<std::shared_ptr<Part>> EncoderPart::open_in_worker(Opened& opened, const EncoderWish& wish, Rules rules,
                                                          const Choose& choose, const Worker::Step& step,
                                                          Encoding::Links links) {
  if (auto started = gst::start(); !started) return tl::unexpected(started.error());
  const Bitrate bitrate{links.control->bitrate_bps};
  std::string forgiven;
  EncoderChoice& known = rules.known;
  if (!known.plan.row) {
    const OnTrial on_trial = [&opened, &step](const std::string& what) {
      step(what);
      return !opened.left();
    };
    auto failed = rules.hang;
    failed.insert(rules.broke.begin(), rules.broke.end());
    auto chosen = choose(wish, bitrate, failed, on_trial);
    if (!chosen && !rules.broke.empty() && rules.forgives && !opened.left()) {
      forgiven = chosen.error().what;
      chosen = choose(wish, bitrate, rules.hang, on_trial);
    }
    if (!chosen && !rules.hang.empty()) opened.lack();
    if (!chosen) return tl::unexpected(chosen.error());
    known = std::move(*chosen);
  }
  // A second session beside the one that took its place might be one more than the driver has.
  if (opened.left()) return fail("it hung, and another has taken its place");
  step(std::string(opening_step) + known.plan.row->element);
  EncoderPlan plan = known.plan;
  plan.bitrate = bitrate;
  opened.chose(std::move(known), std::move(forgiven));
  auto encoding = Encoding::open(plan, std::move(links), wish.resources.waiting);
  if (!encoding && rules.hang.contains(plan.row->element)) opened.lack();
  if (!encoding) return tl::unexpected(encoding.error());
  opened.opened(*encoding);
  return *encoding;
}

/// A trial costs as much as half a second of video: what it found is kept.
void EncoderPart::keep_choice() {
  const Tried tried = opening_->tried();
  if (!tried.forgiven.empty()) {
    log_.warn("encoder.forgiven", {{"why", tried.forgiven}});
    faults_.forget();
  }
  if (choice_ || tried.choice.plan.row == nullptr || opening_->wish() != wish_) return;
  choice_ = tried.choice;
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
  proven_ = Proven{wish_, *choice_};
  const auto encoding = opening_->take_encoding();  // from here on the runner's alone
  links_.feed->connect(encoding->input(), encoding->base_time());
  if (broken_since_ && recoveries_.size() < recoveries_max) recoveries_.push_back(loop_.now() - *broken_since_);
  broken_since_.reset();
  listener_.on_encoder_open();
}

void EncoderPart::on_closing() {
  outlet_->close();
  links_.feed->disconnect();
}

/// Rather the encoder that was than none.
std::optional<EncoderWish> EncoderPart::go_back(const Error& error) {
  if (!proven_ || proven_->wish == wish_) return std::nullopt;
  EncoderWish refused = std::exchange(wish_, proven_->wish);
  choice_ = proven_->choice;
  log_.error("encoder.refused", {{"encoder", refused.name},
                                 {"size", refused.size.text()},
                                 {"fps", refused.fps.fps()},
                                 {"why", error.what},
                                 {"fix", error.fix},
                                 {"then", "it stays as it was"}});
  return refused;
}

void EncoderPart::on_fault(Error error, bool in_use) {
  if (const auto refused = in_use ? std::nullopt : go_back(error)) {
    runner_.reopen();
    return listener_.on_wish_refused(*refused, error);
  }
  keep_choice();
  take_fault(error, in_use);
}

/// Rows that hang, with the reason, whatever is wished: until they come back another try would hang as well.
std::map<std::string, std::string> EncoderPart::hanging() const {
  std::map<std::string, std::string> rows;
  for (const std::string& step : runner_.left())
    if (std::string element = element_of(step); !element.empty())
      rows.emplace(std::move(element), step + " still hangs");
  return rows;
}

bool EncoderPart::lacks_what_hangs() const { return opening_->lacks(); }

/// A driver that hangs says nothing of the wish: it is its row that is passed over, and the next one has its turn.
void EncoderPart::on_hang(const std::string& what, Error error, bool in_use) {
  keep_choice();
  if (element_of(what).empty()) return take_fault(error, in_use);
  const bool of_this_wish = opening_->wish() == wish_;
  if (of_this_wish) choice_.reset();
  links_.control->keyframe = true;
  if (!runner_.leave() && of_this_wish)
    if (const auto refused = go_back(error)) return listener_.on_wish_refused(*refused, error);
  listener_.on_encoder_fault(error, runner_.pause());
}

void EncoderPart::take_fault(const Error& error, bool in_use) {
  const Timestamp owed = links_.ledger->counts().owed_since;
  if (in_use && !broken_since_) broken_since_ = owed == Timestamp{} ? loop_.now() : owed;
  if (choice_ && faults_.add(choice_->plan.row->element, error.what, loop_.now())) choice_.reset();
  links_.control->keyframe = true;  // a new encoder begins with one anyway; it may have been asked of the old one
  listener_.on_encoder_fault(error, runner_.pause());
}

void EncoderPart::on_left(const std::string& what, bool broken) {
  outlet_->close();
  const std::string tried = element_of(what);
  const std::string element = !tried.empty() ? tried : choice_ ? choice_->plan.row->element : wish_.name;
  log_.warn("encoder.left_hanging",
            {{"encoder", element}, {"then", "it is left to itself in " + what + ", and another is opened"}});
  if (!tried.empty()) return opening_->leave();
  // What broke and then does not even close is no chance: the next row has its turn.
  if (broken && choice_ && faults_.add(element, "it hangs in closing", loop_.now())) choice_.reset();
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
  if (wish_.resources.threads > 0 || choice_->plan.slices > 1 || !*choice_->plan.row->sliced || slices_when_slow() < 2)
    return;
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
