#include "latency/report_clock.hpp"

#include <algorithm>

namespace bigfoot::latency {

void ReportClock::add(PeerTime sent, Timestamp arrived, Nanos rtt) {
  if (!reports_.empty() && reports_.back().sent == sent) return;
  reports_.push_back({sent, sent.time_since_epoch() - arrived.time_since_epoch(), std::max(rtt, 0ns)});
  if (reports_.size() > reports_kept) reports_.pop_front();
}

std::optional<ClockEstimate> ReportClock::estimate() const {
  if (reports_.empty()) return std::nullopt;
  Nanos ahead = Nanos::min(), rtt = Nanos::max();
  for (const Report& report : reports_) {
    ahead = std::max(ahead, report.ahead);
    rtt = std::min(rtt, report.rtt);
  }
  return ClockEstimate{ahead + rtt / 2, rtt / 2, true};
}

}  // namespace bigfoot::latency
