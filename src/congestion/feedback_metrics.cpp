#include "congestion/feedback_metrics.hpp"

#include <algorithm>
#include <cmath>

namespace bigfoot::congestion {
namespace {

constexpr Nanos group_span = 5ms;  // one burst of the pacer
constexpr double smoothing = 0.9;  // of the accumulated delay
constexpr Nanos loss_window = 1s;

Nanos approach(Nanos from, Nanos to, int parts) { return from + (to - from) / parts; }

}  // namespace

void DelayTrend::on_packet(Timestamp sent, Nanos arrival) {
  if (current_ && sent - current_->first_sent <= group_span && sent >= current_->first_sent) {
    current_->last_sent = std::max(current_->last_sent, sent);
    current_->last_arrival = std::max(current_->last_arrival, arrival);
    return;
  }
  if (current_ && sent < current_->first_sent) return;  // told late: its group is gone
  if (current_) close(*current_);
  current_ = Group{sent, sent, arrival};
}

void DelayTrend::close(const Group& group) {
  if (!origin_) origin_ = group.last_arrival;
  if (previous_)
    accumulated_ms_ +=
        to_millis((group.last_arrival - previous_->last_arrival) - (group.last_sent - previous_->last_sent));
  smoothed_ms_ = smoothing * smoothed_ms_ + (1 - smoothing) * accumulated_ms_;
  points_.push_back({to_millis(group.last_arrival - *origin_), smoothed_ms_});
  if (points_.size() > window) points_.pop_front();
  previous_ = group;
}

std::optional<double> DelayTrend::ms_per_second() const {
  if (points_.size() < window / 2) return std::nullopt;
  const double count = static_cast<double>(points_.size());
  double mean_x = 0, mean_y = 0;
  for (const Point& point : points_) {
    mean_x += point.arrival_ms / count;
    mean_y += point.delay_ms / count;
  }
  double covariance = 0, variance = 0;
  for (const Point& point : points_) {
    covariance += (point.arrival_ms - mean_x) * (point.delay_ms - mean_y);
    variance += (point.arrival_ms - mean_x) * (point.arrival_ms - mean_x);
  }
  if (variance < 1e-9) return std::nullopt;
  return covariance / variance * 1000;
}

void FeedbackMetrics::on_feedback(std::span<const rtp::PacketResult> results, Timestamp now) {
  const Nanos since = last_feedback_ ? now - *last_feedback_ : loss_window;
  last_feedback_ = now;
  std::size_t lost = 0;
  const rtp::PacketResult* newest = nullptr;
  for (const rtp::PacketResult& packet : results) {
    if (!packet.received) {
      ++lost;
      continue;
    }
    newest = &packet;
    trend_.on_packet(packet.sent, packet.arrival);
  }
  if (!results.empty()) {
    const double ratio = static_cast<double>(lost) / static_cast<double>(results.size());
    const double weight = loss_known_ ? 1 - std::exp(-to_seconds(since) / to_seconds(loss_window)) : 1;
    loss_ += weight * (ratio - loss_);
    loss_known_ = transport_feedback_ = true;
  }
  if (newest != nullptr) {
    // The least is nearest the truth; it may rise slowly, for a path that became longer.
    const Nanos sample = now - newest->sent;
    feedback_rtt_ = feedback_rtt_ && sample > *feedback_rtt_ ? approach(*feedback_rtt_, sample, 32) : sample;
  }
}

void FeedbackMetrics::on_report(double loss_ratio, std::optional<Nanos> rtt) {
  if (!transport_feedback_) loss_ += (loss_known_ ? 0.5 : 1) * (loss_ratio - loss_);
  if (!transport_feedback_) loss_known_ = true;
  if (rtt) report_rtt_ = report_rtt_ ? approach(*report_rtt_, *rtt, 8) : *rtt;
}

std::optional<Nanos> FeedbackMetrics::rtt() const { return report_rtt_ ? report_rtt_ : feedback_rtt_; }

}  // namespace bigfoot::congestion
