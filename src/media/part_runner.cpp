#include "media/part_runner.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/duration.hpp"
#include "base/random.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos open_at_most = 15s;  // or each step of it; a first plugin scan is in it, and a trial of 8 s
constexpr Nanos close_at_most = 5s;
/// What breaks before this works as little as what does not open. Longer than the five seconds a camera has for its
/// first picture.
constexpr Nanos works_after = 10s;

}  // namespace

struct PartRunner::Slot {
  std::shared_ptr<Part> part;
  std::optional<Error> error;
};

PartRunner::Crew::Crew(PartRunner& runner, Loop& loop)
    : worker(loop,
             [this, &runner](const std::string& what, Nanos deadline) { runner.overdue(*this, what, deadline); }) {}

PartRunner::PartRunner(Loop& loop, PartListener& listener, Pauses pauses)
    : loop_(loop),
      listener_(listener),
      pauses_(pauses),
      crew_(std::make_unique<Crew>(*this, loop)),
      backoff_(pauses.first, pauses.longest, random_u32()) {}

PartRunner::~PartRunner() { end(); }

void PartRunner::end() {
  stop();
  impatience_.reset();
  for (const auto& crew : left_) crew->worker.end();
  crew_->worker.end();
}

bool PartRunner::stopped() const {
  const auto closed = [](const auto& crew) { return crew->closing == 0; };
  return !wanted_ && closed(crew_) && std::all_of(left_.begin(), left_.end(), closed);
}

void PartRunner::start() {
  if (std::exchange(wanted_, true)) return;
  refused_ = false;
  backoff_.reset();
  try_open();
}

void PartRunner::stop() {
  wanted_ = false;
  retry_.reset();
  close();
}

void PartRunner::reopen() {
  if (!wanted_) return;
  refused_ = false;  // another way begins anew
  close();
  try_open();
}

void PartRunner::try_open() {
  retry_.reset();
  since_ = loop_.now();
  again_ = crew_->opening + crew_->closing > 0;
  if (again_) return;
  ++starts_;
  const std::uint64_t mine = ++generation_;
  slot_ = std::make_shared<Slot>();
  auto job = [slot = slot_, open = listener_.how_to_open()]() mutable {
    auto part = open();
    open = nullptr;
    if (part)
      slot->part = std::move(*part);
    else
      slot->error = part.error();
  };
  ++crew_->opening;
  crew_->worker.run("opening", open_at_most, std::move(job),
                    [this, mine, slot = slot_, crew = crew_.get()] { opened(*crew, mine, *slot); });
}

void PartRunner::opened(Crew& crew, std::uint64_t mine, Slot& slot) {
  --crew.opening;
  if (&crew != crew_.get()) return disband(crew);
  if (mine != generation_) return be_patient();  // what it opened is closed next
  refused_ = slot.error && listener_.lacks_what_hangs();
  if (slot.error) return fail(*slot.error);
  if (slot.part->pipeline() != nullptr)
    bus_ = gst::BusWatch(loop_, slot.part->pipeline(), [this, mine](GstMessage& message) {
      if (mine == generation_) on_message(message);
    });
  open_ = true;
  since_ = loop_.now();
  listener_.on_open();
}

/// Silences the generation and has the worker take it down.
void PartRunner::close() {
  ++generation_;
  again_ = false;
  bus_ = gst::BusWatch();
  if (std::exchange(open_, false)) listener_.on_closing();
  if (!slot_) return;
  broken_ = false;
  ++crew_->closing;
  crew_->worker.run(
      "closing", close_at_most,
      [old = std::move(slot_)] {
        if (old->part) old->part->close();
        old->part.reset();
      },
      [this, crew = crew_.get()] { closed(*crew); });
  be_patient();
}

void PartRunner::closed(Crew& crew) {
  --crew.closing;
  if (&crew != crew_.get()) return disband(crew);
  if (crew.closing > 0) return;
  impatience_.reset();
  if (again_) try_open();
}

/// A closing counts from its begin: it stands behind an opening that is under way.
void PartRunner::be_patient() {
  if (pauses_.close_patience == Nanos{0} || crew_->opening > 0 || crew_->closing == 0) return;
  impatience_ = loop_.after(pauses_.close_patience, [this] { lose_patience(); });
}

/// By the worker's time: while the whole process, or the loop alone, stood still nothing was slow to close.
void PartRunner::lose_patience() {
  if (crew_->closing == 0) return;
  const Nanos spent = crew_->worker.spent();
  if (spent < pauses_.close_patience || left_.size() >= left_max) {
    const Nanos rest = spent < pauses_.close_patience ? pauses_.close_patience - spent : pauses_.close_patience;
    impatience_ = loop_.after(rest, [this] { lose_patience(); });
    return;
  }
  crew_->hangs = "closing";
  leave_crew();
  if (again_) try_open();
}

bool PartRunner::leave() {
  if (!crew_->worker.stuck() || left_.size() >= left_max) return false;
  leave_crew();
  impatience_.reset();
  pause_ = Nanos{0};
  if (retry_ || again_) try_open();
  return true;
}

void PartRunner::leave_crew() {
  left_.push_back(std::exchange(crew_, std::make_unique<Crew>(*this, loop_)));
  listener_.on_left(left_.back()->hangs, broken_);
}

Nanos PartRunner::hung() const {
  Nanos longest = crew_->worker.hung();
  for (const auto& crew : left_)
    if (wanted_ && refused_ && crew->opening > 0) longest = std::max(longest, crew->worker.hung());
  return longest;
}

std::vector<std::string> PartRunner::left() const {
  std::vector<std::string> steps;
  for (const auto& crew : left_) steps.push_back(crew->hangs);
  return steps;
}

/// It came back after all; what waits for its place has it.
void PartRunner::disband(Crew& crew) {
  if (!crew.idle()) return;
  std::erase_if(left_, [&](const auto& each) { return each.get() == &crew; });
  if (wanted_ && crew_->opening > 0 && crew_->worker.stuck()) retry();
}

void PartRunner::fail(Error error) {
  const bool in_use = take_down(error);
  listener_.on_fault(std::move(error), in_use);
}

/// Whether it was in use.
bool PartRunner::take_down(const Error& error) {
  const bool in_use = open_;
  if (in_use && loop_.now() - since_ > works_after) backoff_.reset();
  close();
  broken_ = true;
  if (wanted_) try_again_after(error);
  return in_use;
}

void PartRunner::try_again_after(const Error& error) {
  pause_ = error.next == Next::give_up ? pauses_.hopeless : backoff_.next();
  retry_ = loop_.after(pause_, [this] { retry(); });
}

void PartRunner::retry() {
  if (!crew_->worker.stuck()) return try_open();
  Error still{"still hangs in its driver", "unplug it and plug it in again, or restart this program", Next::give_up};
  take_down(still);
  listener_.on_hang(crew_->hangs, std::move(still), false);
}

void PartRunner::overdue(Crew& crew, const std::string& what, Nanos deadline) {
  ++overdue_jobs_;
  crew.hangs = what;
  if (&crew != crew_.get()) return;
  Error error{what + " hangs for more than " + seconds_text(deadline),
              "its driver does not answer: unplug it and plug it in again, or restart this program", Next::give_up};
  const bool in_use = wanted_ && !retry_ && take_down(error);
  listener_.on_hang(what, std::move(error), in_use);
}

void PartRunner::on_message(GstMessage& message) {
  if (GST_MESSAGE_TYPE(&message) == GST_MESSAGE_ERROR) return fail(gst::error_of(message));
  if (GST_MESSAGE_TYPE(&message) == GST_MESSAGE_EOS)
    return fail({"the source came to its end", {}, Next::restart_pipeline});
  listener_.on_message(message);
}

void PartRunner::run(std::string what, Nanos deadline, Worker::Job job, Worker::Job done) {
  ++crew_->other;
  crew_->worker.run(std::move(what), deadline, std::move(job),
                    [this, mine = generation_, crew = crew_.get(), done = std::move(done)] {
                      --crew->other;
                      if (crew != crew_.get()) return disband(*crew);
                      if (mine == generation_) done();
                    });
}

}  // namespace bigfoot::media
