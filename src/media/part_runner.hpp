#pragma once
// Keeps one part of a camera running: opens it in a worker, watches its bus, and replaces it after a fault. What a
// former generation still says is not heard.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "media/gst/bus.hpp"
#include "media/part.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {

class PartListener {
 public:
  virtual ~PartListener() = default;
  using Open = std::function<Result<std::shared_ptr<Part>>()>;
  /// What the worker is to do now. Loop thread; what it captures must not need the loop.
  virtual Open how_to_open() = 0;
  virtual void on_open() = 0;
  /// It is about to be closed: nothing of it may be used any more.
  virtual void on_closing() = 0;
  /// It broke (`in_use`) or did not open; tried again after PartRunner::pause().
  virtual void on_fault(Error error, bool in_use) = 0;
  /// The step `what` of it has passed its deadline; it is being closed, if that is ever done. No word on what was
  /// wished: what hangs may be the closing of what was before.
  virtual void on_hang(const std::string& /*what*/, Error error, bool in_use) { on_fault(std::move(error), in_use); }
  /// It hangs in the step `what`, after a fault when `broken`, and is left to its worker: another opens what comes
  /// next.
  virtual void on_left(const std::string& /*what*/, bool /*broken*/) {}
  /// Whatever else its bus says than that it broke.
  virtual void on_message(GstMessage& /*message*/) {}
  /// Whether the opening that was just refused failed for want of what hangs in workers that were left.
  virtual bool lacks_what_hangs() const { return true; }
};

/// Loop thread. At most one opening and one closing are under way, whatever is asked meanwhile: then the newest wish is
/// opened. The destructor closes the part and waits for its worker, at most Worker::patience.
class PartRunner {
 public:
  struct Pauses {
    Nanos first, longest;     ///< between tries, when trying again may help
    Nanos hopeless;           ///< when a person must change something first
    Nanos close_patience{0};  ///< after it what hangs in closing is left to its worker; 0: it is always waited for
  };
  /// Workers that are left to themselves at a time: each is a thread, and a device that nobody closed. As many as one
  /// GPU that hangs may have rows in a table, and some more.
  static constexpr std::size_t left_max = 8;
  PartRunner(Loop& loop, PartListener& listener, Pauses pauses);
  ~PartRunner();
  /// Closes the part and asks the worker to end, for a destructor that has more than one to wait for.
  void end();
  PartRunner(const PartRunner&) = delete;
  PartRunner& operator=(const PartRunner&) = delete;

  /// Opens it, again and again until it is open; nothing happens when that is under way.
  void start();
  /// Asks and returns at once; stopped() once all is freed.
  void stop();
  /// It is closed and opened anew at once: because of a fault that its owner noticed, or for other settings.
  void fail(Error error);
  void reopen();
  /// For a listener that knows another way than what hangs: that is left to its worker, and another opens at once. Does
  /// nothing, and says so, when nothing hangs or `left_max` are left already; in on_hang(), which comes again when one
  /// of those is back.
  bool leave();
  /// The steps in which workers hang that were left, until they come back.
  std::vector<std::string> left() const;
  /// For opening in several steps, as of Worker.
  Worker::Step step() const { return crew_->worker.step(); }
  /// More work for its worker, behind what it has to do. `done` runs on the loop unless the part was replaced.
  void run(std::string what, Nanos deadline, Worker::Job job, Worker::Job done);

  bool wanted() const { return wanted_; }
  bool open() const { return open_; }
  /// An opening is under way or about to be: neither open nor refused yet.
  bool opening() const { return wanted_ && !open_ && !retry_; }
  bool stopped() const;
  /// Since when it is open, or was asked to open.
  Timestamp since() const { return since_; }
  std::uint64_t starts() const { return starts_; }
  std::uint64_t overdue_jobs() const { return overdue_jobs_; }
  /// How long its worker has hung past a deadline by now: nothing can be opened. So it counts, too, for openings that
  /// were left while there is no way without them: what is refused for another reason, as a camera that is unplugged,
  /// does not hang. 0: it does not.
  Nanos hung() const;
  /// Until the next try, as told after a fault.
  Nanos pause() const { return pause_; }

 private:
  struct Slot;
  /// A worker and what it has to do for this part.
  struct Crew {
    Crew(PartRunner& runner, Loop& loop);
    bool idle() const { return opening + closing + other == 0; }
    int opening = 0, closing = 0, other = 0;  ///< jobs
    std::string hangs;                        ///< the step that passed its deadline last, or that it was left in
    Worker worker;
  };
  void try_open();
  void opened(Crew& crew, std::uint64_t generation, Slot& slot);
  void close();
  void closed(Crew& crew);
  void be_patient();
  void lose_patience();
  void leave_crew();
  bool take_down(const Error& error);
  void disband(Crew& crew);
  void overdue(Crew& crew, const std::string& what, Nanos deadline);
  void retry();
  void on_message(GstMessage& message);
  void try_again_after(const Error& error);

  Loop& loop_;
  PartListener& listener_;
  const Pauses pauses_;
  std::vector<std::unique_ptr<Crew>> left_;  ///< they hang
  std::unique_ptr<Crew> crew_;
  Backoff backoff_;
  std::shared_ptr<Slot> slot_;  ///< filled by the worker
  gst::BusWatch bus_;
  Subscription retry_, impatience_;
  std::uint64_t generation_ = 0, starts_ = 0, overdue_jobs_ = 0;
  bool wanted_ = false, open_ = false;
  bool again_ = false;    ///< to be opened when what is under way is done
  bool broken_ = false;   ///< what is being closed had a fault
  bool refused_ = false;  ///< the last opening that ended was, for want of what hangs
  Timestamp since_{};
  Nanos pause_{0};
};

}  // namespace bigfoot::media
