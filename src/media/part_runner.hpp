#pragma once
// Keeps one part of a camera running: opens it in a worker, watches its bus, and replaces it after a fault. What a
// former generation still says is not heard.

#include <functional>
#include <memory>
#include <string>

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
  /// It broke (`in_use`) or did not open; tried again after the pause that is answered by `PartRunner::pause_after`.
  virtual void on_fault(Error error, bool in_use) = 0;
};

/// Loop thread. The destructor closes the part and waits for its worker, at most Worker::patience.
class PartRunner {
 public:
  struct Pauses {
    Nanos first, longest;  ///< between tries, when trying again may help
    Nanos hopeless;        ///< when a person must change something first
  };
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
  /// For opening in several steps, as of Worker.
  Worker::Step step() const { return worker_.step(); }
  /// More work for its worker, behind what it has to do. `done` runs on the loop unless the part was replaced.
  void run(std::string what, Nanos deadline, Worker::Job job, Worker::Job done);

  bool wanted() const { return wanted_; }
  bool open() const { return open_; }
  bool stopped() const { return !wanted_ && closing_ == 0; }
  /// Since when it is open, or was asked to open.
  Timestamp since() const { return since_; }
  std::uint64_t starts() const { return starts_; }
  std::uint64_t overdue_jobs() const { return overdue_jobs_; }
  /// Until the next try, as told after a fault.
  Nanos pause() const { return pause_; }

 private:
  struct Slot;
  void try_open();
  void opened(std::uint64_t generation, Slot& slot);
  void close();
  void overdue(const std::string& what, Nanos deadline);
  void on_message(GstMessage& message);
  void try_again_after(const Error& error);

  Loop& loop_;
  PartListener& listener_;
  const Pauses pauses_;
  Worker worker_;
  Backoff backoff_;
  std::shared_ptr<Slot> slot_;  ///< filled by the worker
  gst::BusWatch bus_;
  Subscription retry_;
  std::uint64_t generation_ = 0, starts_ = 0, overdue_jobs_ = 0;
  int closing_ = 0;
  bool wanted_ = false, open_ = false;
  Timestamp since_{};
  Nanos pause_{0};
};

}  // namespace bigfoot::media
