#include "server/viewer_delays.hpp"

namespace bigfoot::server {

ViewerDelays::ViewerDelays(telemetry::Metrics& metrics)
    : delays_(metrics.histogram("bigfoot_glass_latency_seconds",
                                "Capture until displayed, as viewers report it every 2 s; estimated: the robot's clock "
                                "answered no pings",
                                telemetry::latency_buckets)),
      errors_(metrics.histogram("bigfoot_clock_error_seconds",
                                "How far those delays may be wrong for the clocks, where they are not estimated",
                                telemetry::latency_buckets)) {}

ViewerDelays::Camera ViewerDelays::make(const Key& key, Timestamp now) const {
  const telemetry::Labels labels{{"robot", key.first}, {"camera", key.second}};
  const auto delays = [&](const char* estimated) {
    telemetry::Labels more = labels;
    more["estimated"] = estimated;
    return delays_.with(more);
  };
  return {delays("false"), delays("true"), errors_.with(labels), now};
}

void ViewerDelays::count(const std::string& robot, const protocol::ViewerReport& report, Timestamp now) {
  const Key key{robot, report.camera};
  auto found = cameras_.find(key);
  if (found == cameras_.end()) {
    if (cameras_.size() >= cameras_max) return;
    found = cameras_.emplace(key, make(key, now)).first;
  }
  Camera& camera = found->second;
  (report.estimated ? camera.estimated : camera.delay).observe(report.delay);
  if (report.clock_error && !report.estimated) camera.error.observe(*report.clock_error);
}

void ViewerDelays::tick(Timestamp now, const std::function<bool(const std::string& robot)>& is_online) {
  for (auto at = cameras_.begin(); at != cameras_.end();) {
    Camera& camera = at->second;
    if (is_online(at->first.first)) camera.last_here = now;
    if (now - camera.last_here <= kept) {
      ++at;
      continue;
    }
    for (const telemetry::Histogram& series : {camera.delay, camera.estimated}) delays_.remove(series);
    errors_.remove(camera.error);
    at = cameras_.erase(at);
  }
}

}  // namespace bigfoot::server
