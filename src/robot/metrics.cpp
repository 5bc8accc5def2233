#include "robot/metrics.hpp"

namespace bigfoot::robot {

RobotMetrics::RobotMetrics(telemetry::Metrics& metrics, const std::string& robot) : robot_(robot) {
  captured_ = metrics.counter("bigfoot_frames_captured_total", "Pictures the camera gave");
  encoded_ = metrics.counter("bigfoot_frames_encoded_total", "Pictures the encoder gave");
  passed_ = metrics.counter("bigfoot_frames_passed_total", "Pictures sent as the camera itself encoded them");
  sent_ = metrics.counter("bigfoot_frames_sent_total", "Pictures handed to the network, counted once a viewer");
  placeholders_ = metrics.counter("bigfoot_placeholders_total",
                                  "Placeholder pictures given to the encoder where the camera gave none");
  overdue_jobs_ = metrics.counter("bigfoot_overdue_jobs_total",
                                  "Openings, closings and settings of a camera or its encoder past their deadline");
  dropped_ = metrics.counter(
      "bigfoot_frames_dropped_total",
      "Pictures dropped, by stage: capture (encoder busy or broken), encode (in or behind the encoder), "
      "send (viewer's queue overflowed)");
  keyframes_ = metrics.counter("bigfoot_keyframes_total", "Key frames encoded, by what asked for them");
  encode_seconds_ =
      metrics.histogram("bigfoot_encode_seconds", "Time a picture spends in the encoder", telemetry::latency_buckets);
  stage_ = metrics.histogram("bigfoot_stage_seconds",
                             "Time of a picture from capture until the encoder takes it (capture_wait), and from the "
                             "encoder until its first packet leaves, once a viewer (send)",
                             telemetry::latency_buckets);
  glass_latency_ = metrics.histogram(
      "bigfoot_glass_latency_seconds",
      "Capture until displayed, as viewers report it every 2 s; estimated: the clock or the capture time is a guess "
      "(true), or the clock may be more than 20 ms wrong (weak)",
      telemetry::latency_buckets);
  viewer_stage_ = metrics.histogram("bigfoot_viewer_stage_seconds",
                                    "Where the time of pictures goes once they left, as far as viewers know and report "
                                    "it every 2 s: network, reassembly, wait, decode, display",
                                    telemetry::latency_buckets);
  clock_error_ = metrics.histogram("bigfoot_clock_error_seconds",
                                   "How far those delays may be wrong for the clocks, where they are not estimated",
                                   telemetry::latency_buckets);
  encode_median_ =
      metrics.gauge("bigfoot_encode_median_seconds", "Median time of the last 150 pictures in the encoder");
  target_bitrate_ = metrics.gauge("bigfoot_target_bitrate_bps", "Bit rate the encoder is asked for");
  live_ = metrics.gauge("bigfoot_camera_live", "1 while the camera gives pictures, 0 while viewers see a placeholder");
  recovery_ = metrics.histogram("bigfoot_recovery_seconds", "Time to recover, by kind", telemetry::wait_buckets);
  source_control_ = metrics.gauge("bigfoot_source_control",
                                  "1 where the source gives key frames (idr) or changes its rate (bitrate) on request");
  name_viewers(metrics, {{"robot", robot}});
  name_packets(metrics, {{"robot", robot}});
}

void RobotMetrics::name_viewers(telemetry::Metrics& metrics, const telemetry::Labels& labels) {
  viewers_.sessions = metrics.gauge("bigfoot_sessions", "Viewers that are connected").with(labels);
  viewers_.rtt =
      metrics
          .gauge("bigfoot_rtt_seconds",
                 "Round trip to the viewer, the largest that any live viewer's own reports claim, held within 0 to 10")
          .with(labels);
  viewers_.loss = metrics
                      .gauge("bigfoot_packet_loss_ratio",
                             "Packets lost on the way to the viewer before repair, the largest that any live viewer's "
                             "own reports claim, 0 to 1")
                      .with(labels);
  viewers_.delay_trend = metrics
                             .gauge("bigfoot_delay_trend_ms_per_second",
                                    "Growth of the one-way delay, the largest that any live viewer's own reports "
                                    "claim, held within 0 to 1000")
                             .with(labels);
  viewers_.joined = metrics.counter("bigfoot_sessions_started_total", "Sessions that viewers asked for").with(labels);
  viewers_.ended = metrics.counter("bigfoot_sessions_ended_total", "Sessions that ended").with(labels);
  viewers_.connect_seconds =
      metrics.histogram("bigfoot_connect_seconds", "Session asked for until DTLS is up", telemetry::wait_buckets)
          .with(labels);
  viewers_.first_frame_seconds =
      metrics
          .histogram("bigfoot_first_frame_seconds", "Session asked for until its first key frame left",
                     telemetry::wait_buckets)
          .with(labels);
  viewers_.recovery_path = recovery_.with({{"robot", robot_}, {"kind", "path"}});
  const auto feedback = metrics.counter("bigfoot_rtcp_received_total", "Feedback of viewers, by type");
  const auto of_type = [&](const char* type) { return feedback.with({{"robot", robot_}, {"type", type}}); };
  viewers_.nacks = of_type("nack");
  viewers_.plis = of_type("pli");
  viewers_.firs = of_type("fir");
  viewers_.feedbacks = of_type("twcc");
}

void RobotMetrics::name_packets(telemetry::Metrics& metrics, const telemetry::Labels& labels) {
  viewers_.bytes_sent = metrics.counter("bigfoot_sent_bytes_total", "UDP payload bytes sent").with(labels);
  viewers_.packets_sent = metrics.counter("bigfoot_sent_packets_total", "Packets sent").with(labels);
  viewers_.rtx_packets =
      metrics.counter("bigfoot_rtx_packets_total", "Packets sent a second time because a viewer asked").with(labels);
  viewers_.gso_batches =
      metrics.counter("bigfoot_gso_batches_total", "Bursts the kernel cut into packets (UDP GSO)").with(labels);
  viewers_.nice_sends =
      metrics.counter("bigfoot_relayed_packets_total", "Packets sent through a TURN relay").with(labels);
  viewers_.blocked = metrics.counter("bigfoot_send_blocked_total", "Times the socket was full").with(labels);
  viewers_.gso_failures =
      metrics.counter("bigfoot_gso_failures_total", "Bursts that UDP GSO refused and that went packet by packet")
          .with(labels);
  viewers_.send_errors = metrics.counter("bigfoot_send_errors_total", "Packets that the kernel refused").with(labels);
  viewers_.srtp_rejected =
      metrics.counter("bigfoot_srtp_rejected_total", "Packets from viewers that failed authentication or came twice")
          .with(labels);
  viewers_.relay_bytes =
      metrics.counter("bigfoot_relay_bytes_total", "UDP payload bytes sent through a TURN relay").with(labels);
}

CameraMetrics RobotMetrics::camera(const std::string& name) const {
  const telemetry::Labels labels{{"robot", robot_}, {"camera", name}};
  const auto and_also = [&](const char* key, const char* value) {
    telemetry::Labels more = labels;
    more[key] = value;
    return more;
  };
  CameraMetrics camera;
  camera.captured = captured_.with(labels);
  camera.encoded = encoded_.with(labels);
  camera.sent = sent_.with(labels);
  camera.passed = passed_.with(labels);
  camera.placeholders = placeholders_.with(labels);
  camera.overdue_jobs = overdue_jobs_.with(labels);
  camera.dropped_capture = dropped_.with(and_also("stage", "capture"));
  camera.dropped_encode = dropped_.with(and_also("stage", "encode"));
  camera.dropped_send = dropped_.with(and_also("stage", "send"));
  camera.keyframes_viewer = keyframes_.with(and_also("reason", "viewer"));
  camera.keyframes_other = keyframes_.with(and_also("reason", "encoder"));
  camera.encode_seconds = encode_seconds_.with(labels);
  camera.stage_capture = stage_.with(and_also("stage", "capture_wait"));
  camera.stage_send = stage_.with(and_also("stage", "send"));
  camera.encode_median = encode_median_.with(labels);
  camera.target_bitrate = target_bitrate_.with(labels);
  camera.live = live_.with(labels);
  camera.recovery = recovery_.with(and_also("kind", "camera"));
  camera.recovery_encoder = recovery_.with(and_also("kind", "encoder"));
  camera.can_idr = source_control_.with(and_also("control", "idr"));
  camera.can_bitrate = source_control_.with(and_also("control", "bitrate"));
  for (const protocol::Certainty certainty : protocol::certainties)
    camera.glass_latency[certainty] = glass_latency_.with(and_also("estimated", to_string(certainty)));
  camera.clock_error = clock_error_.with(labels);
  for (const protocol::ViewerStage stage : protocol::viewer_stages)
    camera.viewer_stages[stage] = viewer_stage_.with(and_also("stage", to_string(stage)));
  return camera;
}

}  // namespace bigfoot::robot
