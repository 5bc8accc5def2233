#include "congestion/feedback_metrics.hpp"

#include <algorithm>
#include <cmath>

namespace bigfoot::congestion {
namespace {

constexpr Nanos group_span = 5ms;         // one burst of the pacer
constexpr double smoothing = 0.9;         // of the accumulated delay
constexpr std::size_t base_window = 256;  // groups over which the least delay is taken: 3 to 8 s
constexpr Nanos loss_window = 1s;
constexpr Nanos rate_window = 500ms;
constexpr Nanos rate_span_min = 100ms;
constexpr std::size_t arrived_max = 8192;

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
  raw_ms_.push_back(accumulated_ms_);
  if (raw_ms_.size() > base_window) raw_ms_.pop_front();
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

Nanos DelayTrend::queueing() const {
  if (raw_ms_.empty()) return Nanos{0};
  const double least = *std::min_element(raw_ms_.begin(), raw_ms_.end());
  return Nanos(static_cast<std::int64_t>((raw_ms_.back() - least) * 1e6));
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
    on_arrived(packet);
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

void FeedbackMetrics::on_arrived(const rtp::PacketResult& packet) {
  if (!first_arrival_) first_arrival_ = newest_arrival_ = packet.arrival;
  newest_arrival_ = std::max(newest_arrival_, packet.arrival);
  arrived_.push_back({packet.arrival, packet.size});
  arrived_bytes_ += packet.size;
  while (!arrived_.empty() && (arrived_.size() > arrived_max || newest_arrival_ - arrived_.front().at >= rate_window)) {
    arrived_bytes_ -= arrived_.front().bytes;
    arrived_.pop_front();
  }
  const Nanos span = std::clamp(newest_arrival_ - *first_arrival_, rate_span_min, rate_window);
  delivered_ = Bitrate{static_cast<std::int64_t>(static_cast<double>(arrived_bytes_) * 8 / to_seconds(span))};
}

void FeedbackMetrics::on_report(double loss_ratio, std::optional<Nanos> rtt) {
  if (!transport_feedback_) loss_ += (loss_known_ ? 0.5 : 1) * (loss_ratio - loss_);
  if (!transport_feedback_) loss_known_ = true;
  if (rtt) report_rtt_ = report_rtt_ ? approach(*report_rtt_, *rtt, 8) : *rtt;
}

std::optional<Nanos> FeedbackMetrics::rtt() const { return report_rtt_ ? report_rtt_ : feedback_rtt_; }

}  // namespace bigfoot::congestion
