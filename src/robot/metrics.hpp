#pragma once
// What the robot counts (names of DESIGN's telemetry table). Labels: robot and camera, never a session.

#include <map>
#include <string>

#include "protocol/message.hpp"
#include "telemetry/metrics.hpp"

namespace bigfoot::robot {

/// Of one camera.
struct CameraMetrics {
  telemetry::Counter captured, encoded, passed, sent, placeholders, overdue_jobs;
  telemetry::Counter dropped_capture, dropped_encode, dropped_send;
  telemetry::Counter keyframes_viewer, keyframes_other;
  telemetry::Histogram encode_seconds;
  telemetry::Histogram stage_capture, stage_send;  ///< before the encoder, and behind it, once a viewer
  telemetry::Gauge encode_median;                  ///< exact, of the last 150 pictures: the histogram has buckets
  telemetry::Gauge target_bitrate;
  telemetry::Gauge live;          ///< 1: pictures come; 0: viewers see the placeholder
  telemetry::Histogram recovery;  ///< without pictures → they are back
  telemetry::Histogram recovery_encoder;
  telemetry::Gauge can_idr, can_bitrate;
  std::map<protocol::Certainty, telemetry::Histogram> glass_latency;  ///< capture → displayed, by the word of viewers
  telemetry::Histogram clock_error;                                   ///< how far that may be wrong, where it is known
  std::map<protocol::ViewerStage, telemetry::Histogram> viewer_stages;  ///< where it went, by the word of viewers
};

/// Of all viewers together.
struct ViewerMetrics {
  telemetry::Gauge sessions;
  telemetry::Gauge rtt, loss, delay_trend;  ///< worst live viewer, by its own word and within PathQuality's bounds
  telemetry::Counter joined, ended;
  telemetry::Histogram connect_seconds;      ///< session asked for → DTLS up
  telemetry::Histogram first_frame_seconds;  ///< session asked for → first key frame handed to the kernel
  telemetry::Histogram recovery_path;        ///< path lost → back
  telemetry::Counter bytes_sent, packets_sent, rtx_packets, gso_batches, nice_sends, blocked, gso_failures, send_errors,
      srtp_rejected;
  telemetry::Counter nacks, plis, firs, feedbacks;
  telemetry::Counter relay_bytes;
};

class RobotMetrics {
 public:
  RobotMetrics(telemetry::Metrics& metrics, const std::string& robot);

  CameraMetrics camera(const std::string& name) const;
  const ViewerMetrics& viewers() const { return viewers_; }

 private:
  void name_viewers(telemetry::Metrics& metrics, const telemetry::Labels& labels);
  void name_packets(telemetry::Metrics& metrics, const telemetry::Labels& labels);

  std::string robot_;
  telemetry::CounterFamily captured_, encoded_, passed_, sent_, placeholders_, overdue_jobs_, dropped_, keyframes_;
  telemetry::HistogramFamily encode_seconds_, stage_, recovery_, glass_latency_, clock_error_, viewer_stage_;
  telemetry::GaugeFamily encode_median_, target_bitrate_, live_, source_control_;
  ViewerMetrics viewers_;
};

}  // namespace bigfoot::robot
