#pragma once
// usrsctp is one per process: its timers, its memory, its one way out. This object owns that. Without threads of its
// own: packets go in from the loop, its clock is a timer of the loop, what it wants to send comes back before the call
// that made it send returns. One loop thread per process may have associations.

#include <cstdint>
#include <deque>
#include <map>
#include <thread>

#include "base/bytes.hpp"
#include "base/loop.hpp"

namespace bigfoot::transport {

/// One association, as the stack sees it.
class SctpMember {
 public:
  virtual ~SctpMember() = default;
  /// A packet for the peer. usrsctp is on the stack: keep it, call nothing.
  virtual void on_sctp_output(BytesView packet) = 0;
  /// usrsctp's timers ran: something may be there to be read or sent.
  virtual void on_sctp_tick() = 0;
  /// Something is awaited from the peer, so a timer of usrsctp runs.
  virtual bool sctp_waits() const = 0;
};

class SctpStack {
 public:
  /// Of this process. Made on the first call, gone with the process: usrsctp 0.9.5 cannot be started a second time.
  static SctpStack& of_this_process();
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;
  ~SctpStack();

  /// A place for an association whose timers run on `loop`. Its number stands for the member in usrsctp (never a
  /// pointer: usrsctp may speak of an association that was closed, sctplab/usrsctp#405), and is 0 never. Until leave().
  std::uintptr_t join(Loop& loop, SctpMember& member);
  /// Right before something is told to usrsctp: its clock is set, and for a while it ticks quickly. When nothing moves
  /// and nobody waits it ticks slowly: a wake-up costs a processor that sleeps some 30 us.
  void stir(std::uintptr_t place);
  /// Nothing comes for that place any more. The socket that was bound to it must be closed before.
  void leave(std::uintptr_t place);
  /// Associations that are alive.
  std::size_t members() const { return members_.size(); }
  /// Packets that usrsctp wanted to send for nobody; 0 unless it outlives usrsctp_close().
  std::uint64_t orphans() const { return orphans_; }

 private:
  struct Member {
    Loop* loop;
    SctpMember* member;
  };
  struct Ticker {
    std::size_t users = 0;
    Nanos period{};
    Subscription timer;
  };

  SctpStack();
  static int output(void* address, void* data, std::size_t size, std::uint8_t, std::uint8_t);
  void set_period(Loop& loop, Nanos period);
  void advance(Timestamp now);
  void tick(Loop& loop);

  std::map<std::uintptr_t, Member> members_;
  std::map<Loop*, Ticker> tickers_;
  std::deque<std::uintptr_t> free_;  ///< places of before, the longest unused first
  std::uintptr_t places_ = 0;
  std::thread::id thread_;
  Timestamp ticked_{};
  Timestamp stirred_{};
  std::uint64_t orphans_ = 0;
};

}  // namespace bigfoot::transport
