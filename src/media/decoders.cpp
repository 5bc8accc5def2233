#include "media/decoders.hpp"

#include "media/gst/handle.hpp"

namespace bigfoot::media {
namespace {

constexpr std::size_t known_max = 16;
/// What hangs after the trial is no fault of the decoder's.
constexpr const char* opening_step = "opening the source";

std::string named_in_errors() { return std::string(decoder_name) + ": "; }

}  // namespace

Decoders::Choose Decoders::from_table(int gpu) {
  return [gpu](Codec codec, const std::string& name, Size size, FrameRate fps,
               const std::map<std::string, std::string>& failed, const OnTrial& on_trial) {
    return choose_decoder(codec, name, size, fps, failed, on_trial, Host(), gpu);
  };
}

Decoders::Choose Decoders::for_viewers() {
  return [](Codec, const std::string& name, Size size, FrameRate fps, const std::map<std::string, std::string>& failed,
            const OnTrial& on_trial) { return choose_viewers_decoder(name, size, fps, failed, on_trial); };
}

void Decoders::begin() {
  const std::lock_guard lock(mutex_);
  ++opening_;
  lacks_ = false;
  in_use_.clear();
  watch_.reset();
}

Result<DecoderChoice> Decoders::choose(Codec codec, Size size, FrameRate fps, const Worker::Step& step) {
  std::unique_lock lock(mutex_);
  const std::string name = name_;
  const std::uint64_t mine = opening_;
  const auto broke = faults_.passed_over(), hang = hang_;
  if (const auto known = known_.find({codec, size}); known != known_.end()) {
    in_use_ = known->second.row->element;
    return known->second;
  }
  lock.unlock();  // the loop must not wait for a trial
  const OnTrial on_trial = [&](const std::string& what) {
    if (step) step(what);
    const std::lock_guard again(mutex_);
    return mine == opening_;
  };
  auto found = try_them(codec, size, fps, name, broke, hang, on_trial);
  if (step) step(opening_step);
  lock.lock();
  if (mine != opening_) return fail("its trial hung, and another has taken its place");
  lacks_ = !found && !hang.empty();
  if (!found) return tl::unexpected(found.error());
  in_use_ = found->choice.row->element;
  DecoderChoice choice = found->choice;
  if (!found->forgiven.empty()) faults_.forget();
  if (known_.size() >= known_max) known_.clear();
  if (name == name_) known_.insert_or_assign({codec, size}, choice);
  found_ = std::move(*found);
  return choice;
}

Result<Decoders::Found> Decoders::try_them(Codec codec, Size size, FrameRate fps, const std::string& name,
                                           const Reasons& broke, const Reasons& hang, const OnTrial& on_trial) const {
  Found found{codec, {}, {}};
  auto failed = hang;
  failed.insert(broke.begin(), broke.end());
  auto chosen = choose_(codec, name, size, fps, failed, on_trial);
  if (!chosen && !broke.empty()) {
    found.forgiven = chosen.error().what;
    chosen = choose_(codec, name, size, fps, hang, on_trial);
  }
  if (!chosen) return tl::unexpected(chosen.error());
  found.choice = std::move(*chosen);
  return found;
}

void Decoders::watch(GstElement* decoder) {
  auto watch = std::make_unique<DecoderWatch>(decoder);
  const std::lock_guard lock(mutex_);
  watch_ = std::move(watch);
}

void Decoders::hang(const std::vector<std::string>& steps) {
  const std::lock_guard lock(mutex_);
  hang_.clear();
  for (const std::string& step : steps)
    if (std::string element = tried_in(step); !element.empty())
      hang_.emplace(std::move(element), step + " still hangs");
  std::erase_if(known_, [this](const auto& each) { return hang_.contains(each.second.row->element); });
}

bool Decoders::lacks() const {
  const std::lock_guard lock(mutex_);
  return lacks_;
}

void Decoders::wish(std::string name) {
  const std::lock_guard lock(mutex_);
  if (name == name_) return;
  name_ = std::move(name);
  faults_ = CodecFaults();
  known_.clear();
}

std::string Decoders::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

bool Decoders::stands_still(Timestamp now, Nanos at_most) {
  const std::lock_guard lock(mutex_);
  const auto span = watch_ ? watch_->standstill(now) : std::nullopt;
  return span && *span > at_most;
}

Error Decoders::standstill() { return {named_in_errors() + "stands still", {}, Next::restart_pipeline}; }

std::optional<Decoders::Blame> Decoders::blame(Error& error, Timestamp now) {
  const std::lock_guard lock(mutex_);
  if (in_use_.empty()) return std::nullopt;
  const bool refused = watch_ && watch_->refused() && error.what.find("not-negotiated") != std::string::npos;
  if (error.what.starts_with(named_in_errors()))
    error.what = error.what.substr(named_in_errors().size());
  else if (refused)
    error.what = "refuses the stream: " + error.what;
  else
    return std::nullopt;
  Blame blame{in_use_, faults_.add(in_use_, error.what, now)};
  error.what = in_use_ + ": " + error.what;
  if (blame.passed_over) known_.clear();
  return blame;
}

std::optional<Decoders::Found> Decoders::take_found() {
  const std::lock_guard lock(mutex_);
  return std::exchange(found_, std::nullopt);
}

}  // namespace bigfoot::media
