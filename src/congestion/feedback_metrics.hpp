#pragma once
// What the viewer's feedback says about the path: loss, RTT, delay trend. Pure.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "rtp/twcc.hpp"

namespace bigfoot::congestion {

/// Slope of the one-way delay over the last groups of packets: > 0 while a queue on the path grows. The filter is the
/// trendline of Google congestion control (draft-ietf-rmcat-gcc-02 5.2 with a linear fit for the Kalman filter).
class DelayTrend {
 public:
  /// Received packets, in order of sending.
  void on_packet(Timestamp sent, Nanos arrival);
  /// Milliseconds of delay gained per second; nothing before the window has filled half.
  std::optional<double> ms_per_second() const;

 private:
  struct Group {
    Timestamp first_sent, last_sent;
    Nanos last_arrival{0};
  };
  struct Point {
    double arrival_ms;
    double delay_ms;  // smoothed
  };
  void close(const Group& group);

  static constexpr std::size_t window = 20;
  std::optional<Group> current_, previous_;
  std::optional<Nanos> origin_;
  double accumulated_ms_ = 0;
  double smoothed_ms_ = 0;
  std::deque<Point> points_;
};

class FeedbackMetrics {
 public:
  void on_feedback(std::span<const rtp::PacketResult> results, Timestamp now);
  /// From an RR.
  void on_report(double loss_ratio, std::optional<Nanos> rtt);

  /// EWMA over about a second of feedback, 0 … 1, repairs not counted as received.
  double loss_ratio() const { return loss_; }
  /// Smoothed RTT of the reports; before the first report the least one seen in transport feedback (which includes the
  /// time the viewer held it back).
  std::optional<Nanos> rtt() const;
  std::optional<double> delay_trend_ms_per_second() const { return trend_.ms_per_second(); }

 private:
  DelayTrend trend_;
  double loss_ = 0;
  bool loss_known_ = false;
  bool transport_feedback_ = false;
  std::optional<Nanos> report_rtt_;
  std::optional<Nanos> feedback_rtt_;
  std::optional<Timestamp> last_feedback_;
};

}  // namespace bigfoot::congestion
