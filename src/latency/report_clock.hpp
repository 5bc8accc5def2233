#pragma once
// The sender's clock where it answers no pings (a plain WHEP server): from its sender reports. An estimate: nobody can
// tell by reports alone how long they were on the way.

#include <cstdint>
#include <deque>
#include <optional>

#include "latency/clock_estimate.hpp"

namespace bigfoot::latency {

/// Of one stream. The same rule as the page's, ClockOffset in web/js/latency.js.
class ReportClock {
 public:
  /// One report a second: a clock is judged by the last quarter of a minute, and one that was set is believed after it.
  static constexpr std::size_t reports_kept = 16;

  /// `sent`: the report's NTP time. `rtt`: of the path then, however it is known.
  void add(PeerTime sent, Timestamp arrived, Nanos rtt);
  /// The report that queued least, less half the least round trip. Nothing before the first report.
  std::optional<ClockEstimate> estimate() const;

 private:
  struct Report {
    PeerTime sent;
    Nanos ahead;  // the sender's clock − ours, as if the report had taken no time
    Nanos rtt;
  };
  std::deque<Report> reports_;
};

}  // namespace bigfoot::latency
