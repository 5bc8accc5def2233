#include "transport/sctp_stack.hpp"

#include <usrsctp.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace bigfoot::transport {
namespace {

constexpr Nanos quick_period = 10ms;  // what usrsctp's own timer thread does
constexpr Nanos slow_period = 200ms;
constexpr Nanos quick_after = 30ms;  // longer than the timer that no answer stops: that of the SACK, 10 ms

void* as_address(std::uintptr_t place) {
  return reinterpret_cast<void*>(place);  // NOLINT(performance-no-int-to-ptr): a number that usrsctp carries for us
}

// What WebRTC does not use stays off (RFC 8831 5): less of a stranger's packets is read.
void switch_off_extensions() {
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_blackhole(2);  // no ABORT for packets of associations that are gone
}

}  // namespace

SctpStack& SctpStack::of_this_process() {
  static SctpStack stack;
  return stack;
}

// Even without threads usrsctp starts one that waits for changes of addresses (sctplab/usrsctp#471) and sleeps for good
// here, because places are never deregistered.
SctpStack::SctpStack() {
  usrsctp_init_nothreads(0, &output, nullptr);
  switch_off_extensions();
}

SctpStack::~SctpStack() { usrsctp_finish(); }

std::uintptr_t SctpStack::join(Loop& loop, SctpMember& member) {
  if (members_.empty()) {
    thread_ = std::this_thread::get_id();
    ticked_ = loop.now();
  }
  BIGFOOT_CHECK(thread_ == std::this_thread::get_id(), "data channels live on one loop thread");
  std::uintptr_t place = 0;
  if (free_.empty()) {
    place = ++places_;
    usrsctp_register_address(as_address(place));
  } else {
    place = free_.front();
    free_.pop_front();
  }
  members_[place] = {&loop, &member};
  Ticker& ticker = tickers_[&loop];
  ++ticker.users;
  stir(place);
  return place;
}

void SctpStack::stir(std::uintptr_t place) {
  Loop& loop = *members_.at(place).loop;
  advance(loop.now());
  stirred_ = loop.now();
  set_period(loop, quick_period);
}

void SctpStack::set_period(Loop& loop, Nanos period) {
  Ticker& ticker = tickers_.at(&loop);
  if (std::exchange(ticker.period, period) != period) ticker.timer = loop.every(period, [this, &loop] { tick(loop); });
}

void SctpStack::leave(std::uintptr_t place) {
  const auto found = members_.find(place);
  BIGFOOT_CHECK(found != members_.end(), "an SCTP association left twice");
  const auto ticker = tickers_.find(found->second.loop);
  if (--ticker->second.users == 0) tickers_.erase(ticker);
  members_.erase(found);
  free_.push_back(place);
}

int SctpStack::output(void* address, void* data, std::size_t size, std::uint8_t, std::uint8_t) {
  SctpStack& stack = of_this_process();
  const auto found = stack.members_.find(reinterpret_cast<std::uintptr_t>(address));
  if (found == stack.members_.end()) {
    ++stack.orphans_;
  } else {
    found->second.member->on_sctp_output({static_cast<const std::uint8_t*>(data), size});
  }
  return 0;
}

// By the time that really passed, also after this machine stood still: usrsctp fires each timer once, however late.
void SctpStack::advance(Timestamp now) {
  const auto passed = std::chrono::duration_cast<Millis>(now - ticked_);
  if (passed < Millis(1)) return;
  ticked_ += passed;
  usrsctp_handle_timers(static_cast<std::uint32_t>(passed.count()));
}

void SctpStack::tick(Loop& loop) {
  const Timestamp now = loop.now();
  advance(now);  // what a packet of another association made it send waits, too
  std::vector<std::uintptr_t> places;
  for (const auto& [place, member] : members_) places.push_back(place);
  for (const auto place : places) {  // members come and go in what they tell
    if (const auto found = members_.find(place); found != members_.end()) found->second.member->on_sctp_tick();
  }
  const bool moves = now - stirred_ < quick_after || std::any_of(members_.begin(), members_.end(), [](const auto& row) {
                       return row.second.member->sctp_waits();
                     });
  if (tickers_.contains(&loop)) set_period(loop, moves ? quick_period : slow_period);
}

}  // namespace bigfoot::transport
