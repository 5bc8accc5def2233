#include "server/viewer_delays.hpp"

namespace bigfoot::server {

ViewerDelays::ViewerDelays(telemetry::Metrics& metrics)
    : delays_(metrics.histogram("bigfoot_glass_latency_seconds",
                                "Capture until displayed, as viewers report it every 2 s; estimated: the clock or "
                                "the capture time is a guess (true), or the clock may be more than 20 ms wrong (weak)",
                                telemetry::latency_buckets)),
      errors_(metrics.histogram("bigfoot_clock_error_seconds",
                                "How far those delays may be wrong for the clocks, where they are not estimated",
                                telemetry::latency_buckets)),
      stages_(metrics.histogram("bigfoot_viewer_stage_seconds",
                                "Where the time of pictures goes once they left the robot, as far as viewers know and "
                                "report it every 2 s: network, reassembly, wait, decode, display",
                                telemetry::latency_buckets)) {}

telemetry::Labels ViewerDelays::labels_of(const Key& key, telemetry::Labels more) {
  more.insert({{"robot", key.first}, {"camera", key.second}});
  return more;
}

ViewerDelays::Camera ViewerDelays::make(const Key& key, Timestamp now) const {
  Camera camera{{}, errors_.with(labels_of(key)), {}, now};
  for (const protocol::Certainty certainty : protocol::certainties)
    camera.delays[certainty] = delays_.with(labels_of(key, {{"estimated", to_string(certainty)}}));
  return camera;
}

void ViewerDelays::count(const std::string& robot, const protocol::ViewerReport& report, Timestamp now) {
  const Key key{robot, report.camera};
  auto found = cameras_.find(key);
  if (found == cameras_.end()) {
    if (!has_room_for(robot)) return;
    found = cameras_.emplace(key, make(key, now)).first;
  }
  Camera& camera = found->second;
  camera.delays.at(report.certainty()).observe(report.delay);
  if (report.clock_error && !report.estimated) camera.error.observe(*report.clock_error);
  for (const auto& [stage, time] : report.stages) {
    auto series = camera.stages.find(stage);
    if (series == camera.stages.end())
      series = camera.stages.emplace(stage, stages_.with(labels_of(key, {{"stage", to_string(stage)}}))).first;
    series->second.observe(time);
  }
}

bool ViewerDelays::has_room_for(const std::string& robot) const {
  if (cameras_.size() >= cameras_max) return false;
  std::size_t of_robot = 0;
  for (auto at = cameras_.lower_bound({robot, {}}); at != cameras_.end() && at->first.first == robot; ++at) ++of_robot;
  return of_robot < cameras_of_robot_max;
}

void ViewerDelays::tick(Timestamp now,
                        const std::function<bool(const std::string& robot, const std::string& camera)>& is_here) {
  for (auto at = cameras_.begin(); at != cameras_.end();) {
    Camera& camera = at->second;
    if (is_here(at->first.first, at->first.second)) camera.last_here = now;
    if (now - camera.last_here <= kept) {
      ++at;
      continue;
    }
    for (const auto& [certainty, series] : camera.delays) delays_.remove(series);
    errors_.remove(camera.error);
    for (const auto& [stage, series] : camera.stages) stages_.remove(series);
    at = cameras_.erase(at);
  }
}

}  // namespace bigfoot::server
